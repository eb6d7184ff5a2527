"""Digits of pi as colors, and the path that they draw."""

import itertools
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from numpy.typing import ArrayLike

from .pictures import _frame
from .refusals import names_its_arguments

# Petroff (2021, arXiv 2107.02270): ten colors told apart with every common kind of color vision.
DIGIT_COLORS = (
    *("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6"),
    *("#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"),
)
_DARK_DIGITS = (0, 2, 4, 5, 8)  # white reads better on these


@names_its_arguments
def digits(ax: Axes, grid: ArrayLike, *, text: bool = False, frame: Any = None) -> Axes:
    """Draw digits as an image into `ax`, a color each, and return it.

    Parameters
    ----------
    ax : matplotlib Axes.
    grid : array (rows, columns) of integers from 0 to 9.
    text : bool; also write the digit into its cell, for cells that are large enough.
    frame : (first, count) or None; outlines so many cells of one row from the `first` on, counted row by row from 0.
    """
    grid = np.asarray(grid)
    ax.imshow(grid, cmap=ListedColormap(DIGIT_COLORS), vmin=-0.5, vmax=9.5, interpolation="nearest")
    if text:
        cell = ax.get_window_extent().width / grid.shape[1] * 72 / ax.figure.dpi  # in points
        for digit in range(10):  # a marker for each of ten digits is drawn much sooner than a text for each cell
            row, column = np.nonzero(grid == digit)
            style = {"marker": f"${digit}$", "markersize": 0.58 * cell, "markeredgewidth": 0}
            ax.plot(column, row, color="white" if digit in _DARK_DIGITS else "black", linestyle="none", **style)
    if frame is not None:
        row, column = divmod(frame[0], grid.shape[1])
        ax.add_patch(_frame(column, row, frame[1], 1, "black"))
    ax.set_axis_off()
    return ax


@names_its_arguments
def digit_dial(ax: Axes) -> Axes:
    """Draw the key of a path into `ax` and return it: each digit where its step goes, in its color."""
    for digit, color in enumerate(DIGIT_COLORS):
        x, y = np.sin(digit * np.pi / 5), np.cos(digit * np.pi / 5)
        ax.plot([0, 0.72 * x], [0, 0.72 * y], color=color, linewidth=2, solid_capstyle="round")
        ax.text(x, y, digit, ha="center", va="center", fontsize=9)
    ax.set(xlim=(-1.3, 1.3), ylim=(-1.3, 1.3), aspect="equal")
    ax.set_axis_off()
    return ax


@names_its_arguments
def path(ax: Axes, path: ArrayLike, *, steps: Any = None, linewidth: float = 0.5) -> Axes:
    """Draw a path (n + 1, 2) into `ax` and return it: colored by time, dark to light, from a dot to a diamond.

    `steps` (n,), digits from 0 to 9, colors each step by its digit instead. The line is of pixels in every format.
    """
    if steps is None:
        cuts = np.linspace(0, len(path) - 1, min(len(path), 81)).astype(int)
        pieces = [path[start : stop + 1] for start, stop in itertools.pairwise(cuts)]
        colors = colormaps["viridis"](np.arange(len(pieces)) / len(cuts))
        ax.add_collection(LineCollection(pieces, colors=colors, linewidths=linewidth, rasterized=True))
    else:
        gaps = np.full((len(path) - 1, 1, 2), np.nan)
        lines = np.concatenate([path[:-1, None], path[1:, None], gaps], axis=1)
        for digit, color in enumerate(DIGIT_COLORS):
            pieces = lines[np.asarray(steps) == digit].reshape(-1, 2)
            ax.plot(*pieces.T, color=color, linewidth=linewidth, solid_capstyle="round", rasterized=True)
    ax.plot(*path[0], "o", color="black", markersize=5, zorder=3)
    ax.plot(*path[-1], "D", color="white", markeredgecolor="black", markersize=5, zorder=3)
    ax.set(aspect="equal", adjustable="datalim")
    return ax
