"""Drawing of plain arrays: axes in, axes out. Nothing here computes, saves, seeds or shows."""

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
    columns = columns or int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    gray = pictures.ndim == 3
    white = pictures.min() if gray else (255 if pictures.dtype == np.uint8 else 1)
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
