"""What metrics say of generators beside honest samples: a table of verdicts, and a strip for each metric."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

# What a metric says of a generator beside honest samples: marker, color and words. None stands for NaN.
VERDICTS = {
    1: ("^", "#D55E00", "better than honest"),
    0: (None, "#E9E9E9", "as honest"),
    -1: ("v", "#0072B2", "worse than honest"),
    None: ("x", "#FFFFFF", "no answer"),
}


def verdicts(ax: Axes, found: Any, *, rows: Any, columns: Any, size: float = 11) -> Axes:
    """Draw a table of verdicts into `ax` and return it: a triangle up for "better", down for "worse", a cross for none.

    Parameters
    ----------
    ax : matplotlib Axes.
    found : array (rows, columns, parts) of 1 better than honest, 0 as honest, -1 worse, NaN no answer, infinite where
        the question does not arise; the parts of a cell stand side by side.
    rows, columns : sequences of str.
    size : float, area of a mark in square points.
    """
    found = np.asarray(found, dtype=float)
    parts = found.shape[2]
    width = 0.92 / parts
    for value, (marker, color, _) in VERDICTS.items():
        row, column, part = np.nonzero(_is(found, value))
        x, y = column + (part - (parts - 1) / 2) * width, row
        tiles = [
            Rectangle((left - 0.46 * width, top - 0.42), 0.92 * width, 0.84) for left, top in zip(x, y, strict=True)
        ]
        ax.add_collection(PatchCollection(tiles, facecolor=color, edgecolor="none"))
        if marker:
            ax.scatter(x, y, marker=marker, s=size, color="#767676" if marker == "x" else "white", linewidth=0.8)
    ax.set_yticks(range(len(rows)), rows)
    ax.set_xticks(range(len(columns)), columns)
    ax.set(xlim=(-0.54, len(columns) - 0.46), ylim=(len(rows) - 0.4, -0.6))
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0, pad=2)
    ax.xaxis.tick_top()
    return ax


def verdict_key() -> tuple[list, list[str]]:
    """Handles and labels of a legend for :func:`verdicts`: a tile of each color with its mark."""
    handles = []
    for marker, color, _ in VERDICTS.values():
        style = {"color": "#767676" if marker == "x" else "white", "linestyle": "none", "markersize": 4}
        handles.append((Patch(facecolor=color, edgecolor="#BBBBBB"), Line2D([], [], marker=marker or "", **style)))
    return handles, [word for _, _, word in VERDICTS.values()]


def strips(ax: Axes, names: Any, honest: Any, *, reach: float = 30) -> Axes:
    """Draw a strip for each metric into `ax` and return it: honest samples as ticks, more is better, 0 their mean.

    Parameters
    ----------
    ax : matplotlib Axes.
    names : sequence of n str.
    honest : array (n, samples), in standard deviations.
    reach : float, where the scale ends to either side; it is linear near 0 and logarithmic further out.
    """
    rows, scale = np.arange(len(names)), np.arcsinh
    ax.hlines(rows, *scale([-1.2 * reach, 1.2 * reach]), color="#EFEFEF", linewidth=8)
    ax.plot(scale(honest), rows, "|", color="#9A9A9A", markersize=7)
    ticks = [-30, -10, -3, 0, 3, 10, 30]
    ax.set_xticks(scale(ticks), [f"{tick:+d}".replace("-", "−") if tick else "0" for tick in ticks])
    ax.set_yticks(rows, names)
    ax.set(xlim=scale([-1.2 * reach, 1.2 * reach]), ylim=(len(names) - 0.4, -0.6))
    ax.grid(False)
    return ax


def on_strips(ax: Axes, places: Any, found: Any, *, reach: float = 30) -> Axes:
    """Put one generator's marks on :func:`strips` of the same scale and return `ax`.

    Parameters
    ----------
    places : array (n,), in standard deviations; what is beyond `reach` is drawn there.
    found : array (n,) of verdicts, as for :func:`verdicts`, which choose mark and color; a dot is as honest.
    """
    places, found = np.asarray(places, dtype=float), np.asarray(found, dtype=float)
    for value, (marker, color, _) in VERDICTS.items():
        rows = np.flatnonzero(_is(found, value))
        x = np.arcsinh(np.clip(np.nan_to_num(places[rows]), -reach, reach))
        ax.scatter(x, rows, marker=marker or "o", s=36, color=color if value in (1, -1) else "black")
    return ax


def _is(found, value):
    return np.isnan(found) if value is None else found == value
