"""Pictures in a grid, the frames around some of them, and where their pixels come from."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from ...shared.checks import whole
from .refusals import names_its_arguments


@names_its_arguments
def images(ax: Axes, pictures: ArrayLike, *, columns: int | None = None, pad: int = 1, edges: Any = None) -> Axes:
    """Draw equally sized images as one grid into `ax` and return it.

    Parameters
    ----------
    ax : matplotlib Axes.
    pictures : array (n, h, w) or (n, h, w, 1) in any gray scale, or (n, h, w, 3 or 4) in 0-255 or 0-1.
    columns : int, images per row; a square grid if None.
    pad : int, pixels of white between images.
    edges : sequence of n colors or None; a frame around each image that has one.
    """
    pictures = np.asarray(pictures)
    pictures = pictures[..., 0] if pictures.ndim == 4 and pictures.shape[3] == 1 else pictures
    if pictures.ndim not in (3, 4) or not len(pictures):
        raise ValueError(f"pictures must be (n, h, w) or (n, h, w, channels) with n > 0, got shape {pictures.shape}")
    if 0 in pictures.shape or pictures.shape[3:] not in ((), (3,), (4,)) or pictures.dtype.kind not in "fiub":
        told = f"{pictures.dtype} of shape {pictures.shape}"
        raise ValueError(
            f"pictures must be numbers, of a pixel or more each, with 1, 3 or 4 channels or none, got {told}"
        )
    count, height, width = pictures.shape[:3]
    columns = int(np.ceil(np.sqrt(count))) if columns is None else whole(columns, "columns", 1)
    whole(pad, "pad", 0)
    rows = -(-count // columns)
    gray = pictures.ndim == 3
    white = pictures.min() if gray else (1 if pictures.dtype.kind == "f" else 255)
    shape = (rows * (height + pad) - pad, columns * (width + pad) - pad, *pictures.shape[3:])
    canvas = np.full(shape, white, dtype=pictures.dtype)
    if not gray and pictures.shape[3] == 4:
        canvas[..., 3] = 0
    corners = [(i // columns * (height + pad), i % columns * (width + pad)) for i in range(count)]
    for (top, left), picture in zip(corners, pictures, strict=True):
        canvas[top : top + height, left : left + width] = picture
    ax.imshow(canvas, cmap="gray_r" if gray else None, interpolation="nearest")
    for (top, left), color in zip(corners, edges if edges is not None else [], strict=False):
        if color:
            ax.add_patch(_frame(left, top, width, height, color))
    ax.set_axis_off()
    return ax


def _frame(left, top, width, height, color):
    return Rectangle((left - 0.5, top - 0.5), width, height, fill=False, edgecolor=color, linewidth=1.6)


@names_its_arguments
def eared_frames(ax: Axes, marked: Any, side: int, *, columns: int, pad: int, color: str = "#0072B2") -> Axes:
    """Mark some images of a grid, drawn by :func:`images`, with a frame that has two ears, and return `ax`.

    Parameters
    ----------
    marked : bool (n,), one for each image of the grid.
    side, pad : int, pixels of an image's side and of the white between images, which the ears reach into.
    """
    ear, width = 0.8 * pad, 0.24 * side
    head = [(0, side), (0, 0), (0.2 * width, -ear), (width, 0)]
    head += [(side - width, 0), (side - 0.2 * width, -ear), (side, 0), (side, side)]
    places = np.flatnonzero(marked)
    corners = np.column_stack([places % columns, places // columns])[:, None] * (side + pad) - 0.5 + np.array(head)
    style = {"facecolors": "none", "edgecolors": color, "linewidths": 2, "joinstyle": "round", "clip_on": False}
    ax.add_collection(PolyCollection(corners, **style), autolim=False)
    ax.set_ylim(ax.get_ylim()[0] + 1, -0.5 - pad)
    return ax


@names_its_arguments
def mosaics(
    ax: Axes, sources: ArrayLike, colors: ArrayLike, *, columns: int | None = None, pad: int = 1, scale: int = 8
) -> Axes:
    """Draw where the pixels of images come from into `ax`, placed as by :func:`images`, and return it.

    Each source has its color, and a white line stands between pixels that are no neighbors in the source.

    Parameters
    ----------
    sources : int array (n, h, w, 3) of (source, row, column) for each pixel.
    colors : array (number of sources, 3) in 0-1.
    columns, pad : as for :func:`images`, `pad` in pixels of the images.
    scale : int, pixels drawn for a pixel; the line takes one of them.
    """
    sources = np.asarray(sources)
    pictures = np.asarray(colors, dtype=float)[sources[..., 0]].repeat(scale, 1).repeat(scale, 2)
    for axis in (1, 2):
        step = np.diff(sources, axis=axis)
        step[..., axis] -= 1
        cut = step.any(axis=-1).repeat(scale, 3 - axis)
        last = slice(scale - 1, -1, scale)
        (pictures[:, last] if axis == 1 else pictures[:, :, last])[cut] = 1
    return images(ax, pictures, columns=columns, pad=pad * scale)
