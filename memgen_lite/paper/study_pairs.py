"""What a rater is shown: pictures or texts, checked, and side by side on a page, never more than a page can bear."""

import hashlib
import json
from html import escape

import numpy as np

from ..shared.checks import items as along
from ..shared.html import img, png, visible

SIDE = 180  # pixels of a picture's longer side, at the most
LENGTH = 20_000  # characters of a text that are shown


def samples(*samples):
    """The samples as arrays of pictures, or as lists of str, all of one kind; ValueError says what does not fit."""
    if any(isinstance(sample, str) for sample in samples):
        raise ValueError("real, generated and train must be lists of str, got one str")
    samples = [along(sample, name) for sample, name in zip(samples, ("real", "generated", "train"), strict=False)]
    texts = [all(isinstance(one, str) for one in sample) for sample in samples]
    if all(texts):
        return [list(map(str, sample)) for sample in samples]
    if any(texts):
        raise ValueError("real, generated and train must all be lists of str, or all be arrays of pictures")
    arrays = [np.asarray(sample) for sample in samples]
    (*shape,), dtype = arrays[0].shape[1:], arrays[0].dtype
    pictures = len(shape) == 2 or (len(shape) == 3 and shape[2] in (3, 4))
    alike = all(one.shape[1:] == tuple(shape) and one.dtype == dtype for one in arrays)
    if not (alike and pictures and all(shape) and dtype.kind in "buif"):
        given = "; ".join(f"{one.shape} of {one.dtype}" for one in arrays)
        raise ValueError(
            "real, generated and train must be lists of str, or pictures of one size and dtype, (n, h, w) or (n, h, w, "
            f"3 or 4); got {given}"
        )
    if dtype.kind == "f" and not all(np.isfinite(one).all() for one in arrays):
        raise ValueError("pictures must be finite, got NaN or infinity")
    return arrays


def fingerprint(*samples):
    """Twelve hexadecimal digits that tell these pictures or texts from others; None is passed over."""
    digest = hashlib.sha256()
    for one in samples:
        if isinstance(one, list):
            digest.update(json.dumps(one).encode())
        elif one is not None:
            digest.update(f"{one.dtype.str} {one.shape} ".encode())
            digest.update(np.ascontiguousarray(one).data)
    return digest.hexdigest()[:12]


def pair(items, below=None):
    """HTML of the items (left, right), and under each the one of `below` where it is given; all arrays or all str."""
    below = (None, None) if below is None else below
    if isinstance(items[0], str):
        draw, width = text, "1 1 260px"
    else:
        shown = [reduced(one) for one in (*items, *below) if one is not None]
        kind, items, below = items[0].dtype.kind, shown[:2], shown[2:] or below
        high, scale = np.max(shown), np.ptp(shown) or 1
        gray, unit = shown[0].ndim == 2, 255 if kind in "bf" else 1  # colors are from 0 to 1 or to 255

        def draw(one, name):
            return picture(255 * (high - one) / scale if gray else unit * one, name)  # high grays are dark

        width = f"0 0 {SIDE}px"
    halves = []
    for side, one, nearest in zip(("left", "right"), items, below, strict=True):
        half = f"<div>{side.title()}</div>{draw(one, f'The {side} one of the two, to be judged')}"
        if nearest is not None:
            half += f"<div>Nearest in training</div>{draw(nearest, f'Nearest in training to the {side} one')}"
        halves.append(f'<div style="flex:{width};min-width:0">{half}</div>')
    return f'<div style="display:flex;flex-wrap:wrap;gap:24px;line-height:1.6">{"".join(halves)}</div>'


def picture(pixels, name):
    """HTML of a picture (h, w), or (h, w, 3 or 4) in color, of values from 0 to 255; a small one is enlarged."""
    factor = max(1, SIDE // max(pixels.shape[:2]))
    enlarged = pixels.repeat(factor, axis=0).repeat(factor, axis=1)
    return img(png(enlarged), name, "display:block;background:white;border:1px solid #999999")


def reduced(one):
    """A picture (h, w, ...) as floats, averaged over square blocks so that no side is longer than `SIDE` pixels."""
    step = -(-max(one.shape[:2]) // SIDE)
    one = np.stack([one[start : start + step].mean(axis=0, dtype=float) for start in range(0, len(one), step)])
    return np.stack([one[:, start : start + step].mean(axis=1) for start in range(0, one.shape[1], step)], axis=1)


def text(one, name, limit=LENGTH):
    """HTML of a text in a box that scrolls, isolated from the direction of what is around it, see :func:`visible`."""
    more = f" … and {len(one) - limit:,} characters more" if len(one) > limit else ""
    style = "white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate;max-height:14em;overflow:auto;"
    style += "border:1px solid #767676;padding:.4em .6em"
    box = f'role="group" tabindex="0" aria-label="{escape(name)}" dir="auto" style="{style}"'
    return f"<div {box}>{escape(visible(one[:limit]))}{more}</div>"
