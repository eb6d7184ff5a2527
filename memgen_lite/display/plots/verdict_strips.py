"""What metrics say of a generator beside honest samples: a strip for each metric, and a mark on it."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from .labels import short
from .refusals import names_its_arguments

# Marker and color of what a metric says: better than honest, as honest, worse, and no answer (None stands for NaN).
VERDICTS = {1: ("^", "#D55E00"), 0: ("o", "black"), -1: ("v", "#0072B2"), None: ("x", "black")}


@names_its_arguments
def strips(ax: Axes, names: Any, honest: Any, *, reach: float = 30) -> Axes:
    """Draw a strip for each metric into `ax` and return it: honest samples as ticks, more is better, 0 their mean.

    Parameters
    ----------
    ax : matplotlib Axes.
    names : sequence of n str; one of over 120 characters is cut.
    honest : array (n, samples), in standard deviations.
    reach : float, where the scale ends to either side; it is linear near 0 and logarithmic further out.
    """
    rows, scale = np.arange(len(names)), np.arcsinh
    ax.hlines(rows, *scale([-1.2 * reach, 1.2 * reach]), color="#EFEFEF", linewidth=8)
    ax.plot(scale(honest), rows, "|", color="#9A9A9A", markersize=7)
    ticks = [-30, -10, -3, 0, 3, 10, 30]
    ax.set_xticks(scale(ticks), [f"{tick:+d}".replace("-", "−") if tick else "0" for tick in ticks])
    ax.set_yticks(rows, [short(name) for name in names])
    ax.set(xlim=scale([-1.2 * reach, 1.2 * reach]), ylim=(len(names) - 0.4, -0.6))
    ax.grid(False)
    return ax


@names_its_arguments
def on_strips(ax: Axes, places: Any, found: Any, *, reach: float = 30) -> Axes:
    """Put one generator's marks on :func:`strips` of the same scale and return `ax`.

    Parameters
    ----------
    places : array (n,), in standard deviations; what is beyond `reach` is drawn there.
    found : array (n,) of 1 better than honest, 0 as honest, -1 worse, NaN no answer, which choose mark and color.
    """
    places, found = np.asarray(places, dtype=float), np.asarray(found, dtype=float)
    for value, (marker, color) in VERDICTS.items():
        rows = np.flatnonzero(_is(found, value))
        x = np.arcsinh(np.clip(np.nan_to_num(places[rows]), -reach, reach))
        ax.scatter(x, rows, marker=marker, s=36, color=color)
    return ax


def _is(found, value):
    return np.isnan(found) if value is None else found == value
