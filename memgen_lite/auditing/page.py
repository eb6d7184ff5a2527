"""An audit as a page for who has to decide: one file, nothing fetched, nothing run, every word of the data escaped."""

from html import escape

from ..shared.figures import picture
from ..shared.html import anchor, cells, columns, decided, kicker, page, table, words
from .figure import alt, figure
from .words import ADVICE, GLOSSARY, kept_limit, not_tested, plain

_MOST, _SHOWN, _FEW = 200, 60, 20

_TESTED = (
    "The model was trained on {train:,} rows. Another {held_out:,} rows of the same data, which it has never seen, "
    "were held out. For each of {generated:,} rows that it made, the nearest one of all these was looked up. A model "
    "that does not copy comes near to both kinds alike; one that copies comes nearer to what it was trained on. Rows "
    "were compared by {how}."
)
_HOW = {
    "table": "their columns, as the table further down says",
    "text": "the runs of one to four characters in their texts",
    "image": "their pixels, one by one",
    "array": "their numbers, one by one",
}
_EVIDENCE = (
    "Left, the dose of copying with its interval; right, the real rows that something generated came nearest to, from "
    "the closest on. The line goes up with each training row and down with each held-out row: without copying it stays "
    "in the gray."
)
_MASKED = (
    "What stands in these rows is not shown, as it may be of real people. to_html(path, records=True) shows it; such a "
    "page is personal data itself."
)
_LADDER = (
    "These models were fitted to the same training rows and audited in the same way. MemGEN stores its training rows "
    "and gives them back."
)
_IN_NUMBERS = ("Dose", "Interval", "Named row", "False discovery rate", "P-value")
_HOLDS = {True: "yes", False: "no", None: "can't be told"}


def fragment(audit):
    """What a notebook shows of an audit, as HTML."""
    named = audit.pairs(6)._repr_html_() if len(audit.listed) else ""
    head = f"<p><b>{escape(audit.verdict)}</b></p>{_warnings(audit)}<p>{escape(audit.depends)}</p>"
    return f"<div>{head}{_described(audit)}{_figure(audit)}{named}</div>"


def document(audit, *, records=False, model=None, data=None, date=None, limit=None, held_out=None, decision=None):
    """The whole report as an HTML document, as :meth:`CopyAudit.to_html` writes it; computes the ladder."""
    (sentence, then), shown = plain(audit), records or not audit.private
    sections = {
        "What was tested": _tested(audit),
        "What was not tested": "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in not_tested(audit)) + "</ul>",
        "The evidence": _evidence(audit),
        "The rows that are named": _named(audit, shown),
        "Rows that were generated exactly": _exact(audit),
        "Beside familiar models": _ladder(audit),
        "What the result rests on": _assumptions(audit),
        "How each column was read": columns(audit.stamp["columns_read"]),
        "Words used on this page": words(GLOSSARY),
        "Sizes and versions": _described(audit),
    }
    parts = [
        f"<header>{kicker(model, data, date)}<h1>{escape(sentence)}</h1>",
        f'<p class="lead">{escape(then)}</p>',
        f'<div class="facts"><p>In numbers: {escape(audit.verdict)} {_see(*_IN_NUMBERS)}</p>',
        f"<p>{escape(kept_limit(audit, limit, held_out))}</p>" if limit is not None else "",
        f"{decided(decision)}</div>{_warnings(audit, shown)}</header>",
        *(f"<section><h2>{title}</h2>{body}</section>" for title, body in sections.items() if body),
    ]
    return page("Is this model copying?", "".join(parts))


def _see(*terms):
    links = (f'<a href="#{anchor(term)}">{escape(term[0].lower() + term[1:])}</a>' for term in terms)
    return f"<small>(What these words mean: {', '.join(links)}.)</small>"


def _warnings(audit, shown=True):
    told = [line if shown else getattr(line, "masked", line) for line in audit.warnings]
    lines = [f'<p class="warning">Warning: {escape(line)}</p>' for line in told]
    if len(audit.exact_matches):
        lines.append(f"<p>{escape(audit.exactly)}</p>")
    return "".join(lines)


def _tested(audit):
    how = _HOW.get(audit.stamp["kind"], "features that were handed in with them")
    _, *others = audit.stamp["spaces"]
    more = f" Further ways were tried, all in one test: {', '.join(others)}." if others else ""
    return f"<p>{escape(_TESTED.format(**audit.stamp['rows'], how=how) + more)} {_see('Space') if others else ''}</p>"


def _evidence(audit):
    audit.ladder  # noqa: B018 - the picture has it where it is there
    depends = f"<p>{escape(audit.depends)} {_see('Dependence')}</p>"
    return f"<p>{_EVIDENCE} {_see('Dose', 'Interval', 'Walk', 'Hit')}</p>{_figure(audit)}{depends}"


def drawn(audit):
    """The figure as a picture with its text."""
    return picture(figure(audit), alt(audit))


def _figure(audit):
    return f'<p class="drawn">{drawn(audit).html()}</p>'


def _named(audit, shown):
    total = len(audit.listed)
    if not total:
        return "<p>None.</p>"
    listed = audit.listed.head(_MOST)
    pairs = audit.pairs(_SHOWN if shown else _MOST)
    if not shown and any(alike := pairs.alike()):
        listed = listed.assign(alike=alike)
    parts = [pairs._repr_html_() if shown else f"<p>{_MASKED}</p>"]
    parts.append(_list(listed, "Named training rows, closest first", total))
    level = f"About {audit.level:.0%} of these rows may be here by chance."
    return f"<p>{level} {_see('Named row', 'Ratio', 'False discovery rate')}</p>" + "".join(parts)


def _exact(audit):
    listed = audit.exact_matches.head(_MOST)
    if not len(listed):
        return ""
    rows = _list(listed, "Training values that were generated", len(audit.exact_matches))
    return f"<p>{escape(audit.exactly)}</p>{rows}"


def _list(frame, caption, total):
    """A table; one of many rows waits until it is asked for, or printed."""
    caption = f"{caption} ({len(frame):,} of {total:,} listed)"
    listed = _table(frame, caption)
    return listed if len(frame) <= _FEW else f"<details><summary>{caption}</summary>{listed}</details>"


def _ladder(audit):
    if audit.ladder is None:
        return ""
    placed = f"The dose of this model, {audit.dose:+z.2f} {audit.beside}, is {audit.placed}."
    if audit.space != audit.stamp["spaces"][0]:
        placed += f" (Theirs are of {audit.stamp['spaces'][0]}, not of '{audit.space}' as the dose of this model is.)"
    rungs = _table(audit.ladder.round(2).replace(-0.0, 0.0), "Familiar models fitted to the same training rows")
    return f"<p>{escape(placed)} {escape(_LADDER)} {_see('Familiar models', 'Interval')}</p>{rungs}"


def _assumptions(audit):
    lines = audit.assumptions.to_dict("records")
    rows = [cells([line["check"], _HOLDS[line["holds"]], line["finding"], advice(line)]) for line in lines]
    return table("What is taken for granted", ("check", "holds", "what was seen", "what to do"), rows)


def advice(line):
    """What to do about a line of an audit's assumptions."""
    if line["holds"]:
        return "nothing"
    return ADVICE[line["check"]] if line["holds"] is False else "Hand in more rows, or see for yourself that it holds."


def _described(audit):
    return f"<p><small>{escape(audit.describe())}</small></p>"


def _table(frame, caption):
    rows = (cells(map(_cell, row)) for row in frame.itertuples(index=False))
    heads = [str(name).replace("_", " ") for name in frame.columns]
    return f'<div class="wide">{table(caption, heads, rows)}</div>' if len(frame) else ""


def _cell(value):
    if isinstance(value, list):
        return ", ".join(map(str, value[:10])) + (f" and {len(value) - 10:,} more" if len(value) > 10 else "")
    return f"{value:.4g}" if isinstance(value, float) else str(value)
