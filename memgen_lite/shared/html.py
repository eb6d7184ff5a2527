"""HTML that holds all it shows: pictures inside the page, tables, and every word of the data escaped."""

import base64
import datetime
import io
import unicodedata
from html import escape

import numpy as np
from PIL import Image


def img(png: bytes, alt: str, style: str) -> str:
    """An `<img>` of the bytes of a PNG."""
    return f'<img alt="{escape(alt)}" style="{style}" src="{data_url(png, "image/png")}">'


def data_url(content, mime):
    """An address that is the content itself, so that nothing is fetched."""
    return f"data:{mime};base64,{base64.b64encode(content).decode('ascii')}"


def png(pixels):
    """The bytes of a PNG of pixels (h, w) or (h, w, 3 or 4) from 0 to 255; those beyond are cut off there."""
    file = io.BytesIO()
    Image.fromarray(np.clip(np.round(pixels), 0, 255).astype(np.uint8)).save(file, "png")
    return file.getvalue()


def cells(texts, kind="td"):
    """A table's cells, one a text."""
    return "".join(f"<{kind}>{escape(text)}</{kind}>" for text in texts)


def table(caption, heads, rows):
    """A table with a head; each of `rows` is the HTML of its cells."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def columns(columns_read):
    """A table of how the columns of tables were read, dicts of :class:`.kinds.base.ColumnRead`; empty for none."""
    rows = [cells([line["name"], line["read_as"], f"{line['missing']:,}", line["note"]]) for line in columns_read]
    return table("Columns", ("column", "read as", "missing values", "note"), rows) if rows else ""


def words(terms):
    """A list of terms and what they mean, a dict; each term can be linked to, as `#term-` and its first word."""
    return (
        "<dl>"
        + "".join(
            f'<dt id="{anchor(term)}"><dfn>{escape(term)}</dfn></dt><dd>{escape(meaning)}</dd>'
            for term, meaning in terms.items()
        )
        + "</dl>"
    )


def anchor(term):
    """The id of a term in a list of :func:`words`."""
    return f"term-{term.split()[0].lower()}"


def page(title, body, style=""):
    """A document of its own, light, dark or printed: nothing is fetched and nothing runs. `body` is HTML."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        f"style-src 'unsafe-inline'\"><title>{escape(title)}</title><style>{_STYLE}{style}</style></head>\n"
        f"<body><main>{body}</main></body></html>\n"
    )


def visible(text: str, keep: str = "\n\t") -> str:
    """A text in which characters that cannot be seen, but change what is seen, are written out, except those to `keep`.

    >>> visible("a\\u200bb")
    'a⟨U+200B⟩b'
    """
    hidden = {mark for mark in text if mark not in keep and unicodedata.category(mark) in _INVISIBLE}
    return text.translate({ord(mark): f"⟨U+{ord(mark):04X}⟩" for mark in hidden})


_INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")  # control, format (zero width, bidi), lone surrogate, line and paragraph


def kicker(model, data, date):
    """What a page says above its first sentence: of what it is, and of when; "today" is the day of today."""
    day = datetime.date.today().isoformat() if date == "today" else date
    lines = {"Model": model, "trained on": data, "date": day}
    said = "; ".join(f"{what}: {value}" for what, value in lines.items() if value is not None)
    return f'<p class="kicker">{escape(said)}</p>' if said else ""


def decided(decision):
    """What was decided, or a line to fill in by hand when the page is printed."""
    if decision is None:
        return f'<p class="blank">Decision: {20 * "_"} by {20 * "_"} on {20 * "_"}</p>'
    return f"<p><b>Decision:</b> {escape(str(decision))}</p>"


def changed(old, new, between=""):
    """A text and what stands in its place, marked where they differ; either may be empty."""
    if old == new:
        return escape(old)
    return between.join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in (("del", old), ("ins", new)) if text)


_STYLE = """
:root { color-scheme: light; --ink: #1a1a1a; --paper: #fff; --line: #ccc; --soft: #f3f2ef; --alarm: #b34700;
  --link: #005a8f; --del: #fbe3d6; --ins: #d9ecf7; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0; }
main { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .3rem 0 .8rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem; break-after: avoid; }
a { color: var(--link); }
table { border-collapse: collapse; margin: 1rem 0; }
caption { text-align: left; font-weight: bold; padding: .3rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .7rem .25rem 0; text-align: left; vertical-align: top; }
td, dd, figure { overflow-wrap: anywhere; }
dt { font-weight: bold; margin-top: .6rem; break-after: avoid; } dd { margin: 0 0 0 1.2rem; }
dfn { font-style: normal; }
.kicker { color: inherit; margin: 0; } .lead { font-size: 1.1rem; }
.facts { background: var(--soft); padding: .6rem 1rem; } .facts p { margin: .3rem 0; }
.warning { border-left: .3rem solid var(--alarm); padding-left: .8rem; }
.wide { overflow-x: auto; }
.blank { display: none; }
del, ins { color: inherit; } del { background: var(--del); } ins { background: var(--ins); }
img { max-width: 100%; }
figure { margin: 0; break-inside: avoid; } tr, .facts { break-inside: avoid; }
@media screen and (prefers-color-scheme: dark) {
  :root { color-scheme: dark; --ink: #e8e6e3; --paper: #161616; --line: #555; --soft: #242424; --alarm: #ff9d5c;
    --link: #7cc4f2; --del: #5c2c12; --ins: #143f58; }
  .drawn img { filter: invert(.91) hue-rotate(180deg); }
}
@media print {
  body { font-size: 11pt; } main { max-width: none; margin: 0; padding: 0; }
  a { color: inherit; text-decoration: none; }
  .blank { display: block; } details > summary { display: none; } .wide { overflow: visible; }
  details::details-content { content-visibility: visible; }
}
"""
