"""HTML that holds all it shows: pictures inside the page, tables, and every word of the data escaped."""

import base64
import io
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


def changed(old, new, between=""):
    """A text and what stands in its place, marked where they differ; either may be empty."""
    if old == new:
        return escape(old)
    return between.join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in (("del", old), ("ins", new)) if text)
