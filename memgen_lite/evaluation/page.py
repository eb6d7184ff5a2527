"""An evaluation as a page: a sentence, a strip for each metric, and the figures for who asks."""

from html import escape

from .. import metrics as registry
from ..metrics.registry import FAMILIES
from ..shared.html import cells, columns, decided, kicker, page, words
from .strips import MARKS, mark, strip
from .words import OUTCOMES, copied, number, outcome, plain, sentence

_HEADS = {
    "distances": "Distances: is it the same law?",
    "tests": "Classifiers: can somebody tell them apart?",
    "coverage": "Coverage: is each part there, and nothing else?",
    "copying": "Copying: are rows nearer to training rows than fresh ones are?",
}
_FIGURES = (
    ("p", "p_value"), ("train", "train"), ("held-out", "held_out"), ("gap", "gap"), ("honest", "honest"),
    ("5 %", "honest_low"), ("95 %", "honest_high"), ("MemGEN-U", "memgen_u"), ("MemGEN-P", "memgen_p"),
)  # fmt: skip
_BAND = "The band holds the middle 90 % of fresh data, the line stands at their mean."
_AXIS = "← unlike both · fresh data · MemGEN →"
GLOSSARY = {
    "Fresh data": "rows that the same source would give if it were asked again. As honest samples, real rows that were "
    "not trained on stand for it, split anew many times; the band of a strip holds the middle 90 % of them.",
    "MemGEN": "a program that stores its training rows and gives them back. What it scores is what a copier would. "
    "MemGEN-U may give a row twice, MemGEN-P gives each once.",
    "Told": "a metric tells rows from fresh ones if fresh ones are so far out in one of twenty cases at most, over all "
    "metrics together (p at most .05).",
    "A copy": "said where more rows are nearest to a training row, and not to a held-out one, than chance explains (p "
    "at most .01), and a metric is told on the side on which MemGEN is. Without such a metric it is said to lean on "
    "its training rows. Which rows were copied, an audit says: memgen_lite.audit.",
    "Worse": "a metric is told, and its value is beyond the band of fresh data on its worse side.",
    "Blind": "here MemGEN, which copies, scores as fresh data do, so that this metric could not tell a copy.",
    "Held-out": "rows of the same data that the model was not trained on.",
    "Gap": "the value against training rows less that against held-out rows.",
}


def fragment(evaluation):
    """What a notebook shows of an evaluation, as HTML; its colors are the notebook's own, light or dark."""
    head = f"<p><b>{escape(sentence(evaluation.rows, evaluation.nearer))}</b></p>"
    head += f"<p>{escape(evaluation.nearer_words)}</p>"
    return f'<div class="memgen-strips"><style>{_STYLE}</style>{head}{_body(evaluation, shown=True)}</div>'


def document(evaluation, *, model=None, data=None, date=None, decision=None):
    """The page as an HTML document, as :meth:`Evaluation.to_html` writes it."""
    read = columns(evaluation.stamp["columns_read"])
    few, by = plain(evaluation.rows, evaluation.nearer)
    chosen = {row["metric"]: registry.get(row["metric"]) for row in evaluation.rows}
    cards = {name: f"{card.title}: {card.definition}. Source: {card.source}." for name, card in chosen.items()}
    parts = [
        f"<header>{kicker(model, data, date)}<h1>{escape(few)}.</h1>",
        f'<p class="lead">{escape(by[0].upper() + by[1:])}.</p>',
        f'<div class="facts"><p>{escape(evaluation.nearer_words)}</p>{decided(decision)}</div></header>',
        f'<section class="memgen-strips"><h2>Metric by metric</h2>{_body(evaluation, shown=False)}</section>',
        f"<section><h2>How each column was read</h2>{read}</section>" if read else "",
        f"<section><h2>Words used on this page</h2>{words(GLOSSARY)}</section>",
        f"<section><h2>The metrics</h2><details><summary>What each is</summary>{words(cards)}</details></section>",
    ]
    return page("Is this as good as fresh data?", "".join(parts), _STYLE)


def _body(evaluation, shown):
    copy = copied(evaluation.rows, evaluation.nearer)
    found = [outcome(row, copy) for row in evaluation.rows]
    told = [line if shown else getattr(line, "masked", line) for line in evaluation.warnings]
    lines = [f'<p class="warning">Warning: {escape(line)}</p>' for line in told]
    key = " &#160; ".join(f"{mark(kind)} {OUTCOMES[kind]}" for kind in ("copy", "worse", "beyond", "fresh"))
    lines.append(f"<p><small>{key} &#160; {mark('memgen')} MemGEN. {_BAND}</small></p>")
    rows = []
    for family in FAMILIES:
        of_family = [pair for pair in zip(evaluation.rows, found, strict=True) if _family(pair[0]) == family]
        if of_family:
            rows.append(f'<tr><th colspan="3" scope="colgroup">{_HEADS[family]}</th></tr>')
        rows += [_line(row, kind) for row, kind in of_family]
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("metric", _AXIS, "it is"))
    lines.append(f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>")
    lines.append(f"<details><summary>All figures</summary>{_figures(evaluation)}</details>")
    reasons = [f"<i>{row['metric']}</i>: {escape(row['reason'])}" for row in evaluation.rows if row["reason"]]
    notes = "<br/>".join([*reasons, *map(escape, evaluation.notes())])
    return "".join([*lines, f"<p><small>{notes}</small></p>"])


def _family(row):
    return registry.get(row["metric"]).family


def _line(row, kind):
    title = escape(registry.get(row["metric"]).title)
    said = f"<b>{OUTCOMES[kind]}</b>" if kind in ("copy", "worse", "beyond") else OUTCOMES[kind]
    return (
        f'<tr><th scope="row" title="{title}">{escape(row["metric"])}</th><td>{strip(row, kind)}</td>'
        f"<td>{mark(kind) if kind in MARKS else ''} {said}</td></tr>"
    )


def _figures(evaluation):
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in ("metric", *dict(_FIGURES), "rows"))
    lines = []
    for row in evaluation.rows:
        numbers = (number(row[key]) for _, key in _FIGURES)
        texts = (*numbers, f"{row['rows']:,}")
        lines.append(f'<tr><th scope="row">{escape(row["metric"])}</th>{cells(texts)}</tr>')
    body = f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    return f'<div class="wide figures" tabindex="0" role="region" aria-label="All figures">{body}</div>'


# Colors are the page's own, light or dark.
_STYLE = """
.memgen-strips { max-width: 50rem; }
.memgen-strips table { border-collapse: collapse; font-size: .875rem; margin: .4rem 0; table-layout: auto; }
.memgen-strips th, .memgen-strips td { background: none; border: 0; color: inherit; padding: 1px 10px 1px 0;
  text-align: left; vertical-align: middle; white-space: nowrap; }
.memgen-strips tbody tr { background: none; }
.memgen-strips tbody th { font-weight: normal; } .memgen-strips th[colspan] { font-weight: bold; padding-top: .7rem; }
.memgen-strips thead th { border-bottom: 1px solid rgba(128, 128, 128, .5); font-weight: bold; }
.memgen-strips svg { vertical-align: middle; overflow: visible; }
.memgen-strips .wide { overflow-x: auto; } .memgen-strips .figures table { font-size: .68rem; }
.memgen-strips .figures th, .memgen-strips .figures td { padding: 1px 5px 1px 0; text-align: right;
  border-bottom: 1px solid rgba(128, 128, 128, .35); font-variant-numeric: tabular-nums; }
.memgen-strips .figures th:first-child { text-align: left; }
@media print { .memgen-strips .figures table { font-size: 6.5pt; } }
"""
