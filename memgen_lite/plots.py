"""Drawing of plain arrays: axes in, axes out. Nothing here computes, saves, seeds or shows."""

import itertools

import numpy as np


def images(ax, pictures, *, columns=None, pad=1, edges=None):
    """Draw equally sized images as one grid into `ax` and return it.

    Parameters
    ----------
    ax : matplotlib Axes.
    pictures : array (n, h, w) in any gray scale, or (n, h, w, 3 or 4) in 0-255 or 0-1.
    columns : int, images per row; a square grid if None.
    pad : int, pixels of white between images.
    edges : sequence of n colors or None; a frame around each image that has one.
    """
    pictures = np.asarray(pictures)
    if pictures.ndim not in (3, 4) or not len(pictures):
        raise ValueError(f"pictures must be (n, h, w) or (n, h, w, channels) with n > 0, got shape {pictures.shape}")
    count, height, width = pictures.shape[:3]
    columns = int(np.ceil(np.sqrt(count))) if columns is None else columns
    if columns < 1:
        raise ValueError(f"columns must be 1 or more, got {columns}")
    rows = -(-count // columns)
    gray = pictures.ndim == 3
    white = pictures.min() if gray else (1 if pictures.dtype.kind == "f" else 255)
    shape = (rows * (height + pad) - pad, columns * (width + pad) - pad, *pictures.shape[3:])
    canvas = np.full(shape, white, dtype=pictures.dtype)
    if not gray and pictures.shape[3] == 4:
        canvas[..., 3] = 0
    for position, picture in enumerate(pictures):
        top, left = position // columns * (height + pad), position % columns * (width + pad)
        canvas[top : top + height, left : left + width] = picture
    ax.imshow(canvas, cmap="gray_r" if gray else None, interpolation="nearest")
    for position, color in enumerate(edges if edges is not None else []):
        if color:
            top, left = position // columns * (height + pad), position % columns * (width + pad)
            ax.add_patch(_frame(left, top, width, height, color))
    ax.set_axis_off()
    return ax


def _frame(left, top, width, height, color):
    from matplotlib.patches import Rectangle

    return Rectangle((left - 0.5, top - 0.5), width, height, fill=False, edgecolor=color, linewidth=1.6)


# Petroff (2021, arXiv 2107.02270): ten colors told apart with every common kind of color vision.
DIGIT_COLORS = (
    *("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6"),
    *("#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"),
)
_DARK_DIGITS = (0, 2, 4, 5, 8)  # white reads better on these


def digits(ax, grid, *, text=False, frame=None):
    """Draw digits as an image into `ax`, a color each, and return it.

    Parameters
    ----------
    ax : matplotlib Axes.
    grid : array (rows, columns) of integers from 0 to 9.
    text : bool; also write the digit into its cell, for cells that are large enough.
    frame : (first, count) or None; outlines so many cells of one row from the `first` on, counted row by row from 0.
    """
    from matplotlib.colors import ListedColormap

    grid = np.asarray(grid)
    ax.imshow(grid, cmap=ListedColormap(DIGIT_COLORS), vmin=-0.5, vmax=9.5, interpolation="nearest")
    if text:
        cell = ax.get_window_extent().width / grid.shape[1] * 72 / ax.figure.dpi  # in points
        for (row, column), digit in np.ndenumerate(grid):
            ink = "white" if digit in _DARK_DIGITS else "black"
            ax.text(column, row, digit, color=ink, fontsize=0.78 * cell, ha="center", va="center_baseline")
    if frame is not None:
        row, column = divmod(frame[0], grid.shape[1])
        ax.add_patch(_frame(column, row, frame[1], 1, "black"))
    ax.set_axis_off()
    return ax


def digit_dial(ax):
    """Draw the key of a walk into `ax` and return it: each digit where its step goes, in its color."""
    for digit, color in enumerate(DIGIT_COLORS):
        x, y = np.sin(digit * np.pi / 5), np.cos(digit * np.pi / 5)
        ax.plot([0, 0.72 * x], [0, 0.72 * y], color=color, linewidth=2, solid_capstyle="round")
        ax.text(x, y, digit, ha="center", va="center", fontsize=9)
    ax.set(xlim=(-1.3, 1.3), ylim=(-1.3, 1.3), aspect="equal")
    ax.set_axis_off()
    return ax


def walk(ax, path, *, steps=None, linewidth=0.5):
    """Draw a path (n + 1, 2) into `ax` and return it: colored by time, dark to light, from a dot to a diamond.

    `steps` (n,), digits from 0 to 9, colors each step by its digit instead. The line is of pixels in every format.
    """
    if steps is None:
        from matplotlib import colormaps

        cuts = np.linspace(0, len(path) - 1, min(len(path), 81)).astype(int)
        for part, (start, stop) in enumerate(itertools.pairwise(cuts)):
            color = colormaps["viridis"](part / len(cuts))
            ax.plot(*path[start : stop + 1].T, color=color, linewidth=linewidth, rasterized=True)
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


def eared_frames(ax, marked, side, *, columns, pad, color="#0072B2"):
    """Mark some images of a grid, drawn by :func:`images`, with a frame that has two ears, and return `ax`.

    Parameters
    ----------
    marked : bool (n,), one for each image of the grid.
    side, pad : int, pixels of an image's side and of the white between images, which the ears reach into.
    """
    from matplotlib.patches import Polygon

    ear = 0.8 * pad
    for position in np.flatnonzero(marked):
        left, top = position % columns * (side + pad) - 0.5, position // columns * (side + pad) - 0.5
        right, base, width = left + side, top + side, 0.24 * side
        corners = [(left, base), (left, top), (left + 0.2 * width, top - ear), (left + width, top)]
        corners += [(right - width, top), (right - 0.2 * width, top - ear), (right, top), (right, base)]
        ax.add_patch(Polygon(corners, fill=False, edgecolor=color, linewidth=2, joinstyle="round", clip_on=False))
    ax.set_ylim(ax.get_ylim()[0] + 1, -0.5 - pad)
    return ax
