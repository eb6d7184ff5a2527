"""A strip for each metric: where the rows lie, and MemGEN, beside fresh data; for a page and as a matplotlib Figure."""

from html import escape

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from .. import metrics as registry
from ..metrics.registry import FAMILIES
from ..shared.figures import STYLE
from .words import OUTCOMES, copied, number, outcome

_WIDTH, _HEIGHT, _BAND = 260, 18, 0.09  # of a strip in pixels, and half of the band as a share of it
_REACH = 100  # half widths of the band from its middle that still fit; what is farther out stands at the end
# By outcome: the marker and color in a figure, and the same shape in an SVG of 14 by 14 pixels.
MARKS = {
    "copy": ("^", "#D55E00", "M7 1 13.5 12.5H.5Z"),
    "worse": ("v", "#0072B2", "M7 13 .5 1.5H13.5Z"),
    "beyond": ("D", "#767676", "M7 .5 13.5 7 7 13.5 .5 7Z"),
    "fresh": ("o", "#444444", "M7 2A5 5 0 0 1 7 12A5 5 0 0 1 7 2Z"),
    "blind": ("o", "#444444", "M7 2A5 5 0 0 1 7 12A5 5 0 0 1 7 2Z"),
}
_MEMGEN = "M7 0V14M0 7H14"


def places(row):
    """Where the marks of a metric stand on its strip, from 0 to 1, or None where honest samples have no interval.

    The middle 90 % of honest samples lie from .41 to .59, evenly scaled; beyond, the scale is logarithmic, and its ends
    are open. MemGEN is on the right, where it is outside of that; else what is worse is on the left.

    Returns
    -------
    dict : `yours`, `honest`, and `memgen`, a pair; NaN for what has no value.
    """
    values = np.array([row[key] for key in ("train", "honest", "memgen_u", "memgen_p", "honest_low", "honest_high")])
    if np.isnan(values[-2:]).any():
        return None
    if np.isinf(values).any():  # by their inverses, which keep the order and have an end
        with np.errstate(divide="ignore"):
            values = -1 / values
    *values, low, high = values
    half = (high - low) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        far = (
            np.nan_to_num((np.array(values) - low - half) / half, nan=0.0)
            if half > 0
            else np.sign(values - low) * np.inf
        )
    far = np.where(np.isnan(values), np.nan, np.where(np.isnan(far), 0, far))
    side = np.nanmean(np.clip(far[2:], -_REACH, _REACH)) if not np.isnan(far[2:]).all() else 0
    lower = registry.get(row["metric"]).better == "lower"
    if side < -1 or (abs(side) <= 1 and lower):
        far = -far
    out = np.clip(np.abs(far), 1, _REACH)
    x = np.where(np.abs(far) <= 1, far * _BAND, np.sign(far) * (_BAND + (0.48 - _BAND) * np.log(out) / np.log(_REACH)))
    yours, honest, *memgen = (0.5 + x).tolist()
    return {"yours": yours, "honest": honest, "memgen": tuple(memgen)}


def _mark(x, path, style):
    left = x * _WIDTH - 7
    return f'<path transform="translate({left:.1f} {_HEIGHT / 2 - 7:.1f})" d="{path}" {style}/>'


def _fill(kind):
    return "currentColor" if kind in ("fresh", "blind") else MARKS[kind][1]


def mark(kind):
    """The mark of an outcome, or of "memgen", as a small SVG that stands beside its word."""
    path, style = (_MEMGEN, _STROKE) if kind == "memgen" else (MARKS[kind][2], f'fill="{_fill(kind)}"')
    return f'<svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true"><path d="{path}" {style}/></svg>'


_STROKE = 'fill="none" stroke="currentColor" stroke-width="1.6"'


def strip(row, kind):
    """One metric's strip as an SVG whose colors are the page's own, with its words; empty without an interval."""
    where = places(row)
    if where is None:
        return ""
    said = f"{number(row['train'])}; fresh data {number(row['honest_low'])} to {number(row['honest_high'])}"
    said += f"; MemGEN {number(row['memgen_u'])}, {number(row['memgen_p'])}"
    left, wide = (0.5 - _BAND) * _WIDTH, 2 * _BAND * _WIDTH
    parts = [
        f'<rect x="0" y="7" width="{_WIDTH}" height="4" fill="currentColor" opacity="0.12"/>',
        f'<rect x="{left:.1f}" y="1" width="{wide:.1f}" height="16" fill="currentColor" opacity="0.25"/>',
    ]
    if not np.isnan(where["honest"]):
        x = where["honest"] * _WIDTH
        parts.append(f'<path d="M{x:.1f} 1V17" {_STROKE}/>')
    parts += [_mark(x, _MEMGEN, _STROKE) for x in where["memgen"] if not np.isnan(x)]
    if not np.isnan(where["yours"]) and kind in MARKS:
        parts.append(_mark(where["yours"], MARKS[kind][2], f'fill="{_fill(kind)}" stroke="#808080" stroke-width="0.5"'))
    box = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    return f'<svg role="img" aria-label="{escape(said)}" {box}>{"".join(parts)}</svg>'


def figure(rows, nearer):
    """The strips of all metrics, by family, as a matplotlib Figure of 8 inches."""
    copy = copied(rows, nearer)
    lines = []
    for family in FAMILIES:
        of_family = [row for row in rows if registry.get(row["metric"]).family == family]
        lines += [(family.capitalize(), None), *((row["metric"], row) for row in of_family)] if of_family else []
    with rc_context(STYLE):
        fig = Figure(figsize=(8, 0.9 + 0.24 * len(lines)), layout="constrained")
        ax = fig.subplots()
        ax.axvspan(0.5 - _BAND, 0.5 + _BAND, color="#E3E3E3", linewidth=0)
        ax.axvline(0.5, color="#767676", linewidth=0.8)
        for y, (_, row) in enumerate(lines):
            if row is None:
                continue
            kind, where = outcome(row, copy), places(row)
            ax.text(1.02, y, OUTCOMES[kind], va="center", fontsize=9, fontweight="bold" if kind in _LOUD else "normal")
            if where is None or kind not in MARKS:
                continue
            ax.plot(where["memgen"], [y, y], "+", color="black", markersize=8)
            marker, color, _ = MARKS[kind]
            ax.plot(where["yours"], y, marker=marker, color=color, markersize=7, markeredgecolor="white", linestyle="")
        ax.set_yticks(range(len(lines)), [name for name, _ in lines])
        for label, (_, row) in zip(ax.get_yticklabels(), lines, strict=True):
            label.set_fontweight("bold" if row is None else "normal")
        ax.set_xticks(
            [0.2, 0.5, 0.8], ["unlike fresh data\nand MemGEN", "as fresh data", "as MemGEN (+),\nor toward it"]
        )
        ax.set(xlim=(0, 1), ylim=(len(lines) - 0.4, -0.6))
        ax.grid(False, axis="x")
        ax.tick_params(length=0)
        ax.xaxis.tick_top()
        ax.spines[:].set_visible(False)
    return fig


_LOUD = ("copy", "worse", "beyond")
