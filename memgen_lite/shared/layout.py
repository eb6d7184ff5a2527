"""What is wrong with how a figure is laid out: text that is too small, overlaps, or is cut off; legends over marks."""

import colorsys
from itertools import combinations

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.legend import Legend

COLUMN = 800  # CSS pixels, of which there are 96 to the inch: about as wide as a notebook's column
SMALLEST = 7  # points, where the figure is as wide as the column at the most
MOST_COLORS = 6


def faults(fig: Figure) -> list[str]:
    """What a reader of a notebook would stumble over in `fig`, in words; empty where there is nothing.

    Text under 7 points in a column of 800 pixels, text over other text or beyond the figure's edge, a legend over a
    line, a point or a bar, and more than 6 colors of lines, points and bars (grays are not counted, nor is what a color
    map colors).
    """
    renderer = _Listening(fig)
    fig.draw(renderer)
    texts = renderer.texts
    scale = min(1, COLUMN / (96 * fig.get_figwidth()))
    found = [
        f"text of {size * scale:.1f} pt at {COLUMN} pixels: {text!r}"
        for text, size, _ in texts
        if size * scale < SMALLEST - 0.05
    ]
    corners, edge = [box for _, _, box in texts], fig.bbox.size + 1
    found += [f"text beyond the edge: {text!r}" for text, _, box in texts if (box < -1).any() or (box > edge).any()]
    found += [
        f"text over text: {texts[i][0]!r} and {texts[j][0]!r}"
        for i, j in combinations(range(len(texts)), 2)
        if _overlap(corners[i], corners[j])
    ]
    for legend in filter(Legend.get_visible, fig.findobj(Legend)):
        low, high = legend.get_window_extent(renderer).get_points()
        for ax in fig.axes:
            if any(((low < points) & (points < high)).all(axis=1).any() for points in _marks(ax, renderer)):
                found.append(f"a legend over marks: {[text.get_text() for text in legend.get_texts()]}")
                break
    colors = {color for ax in fig.axes for color in _colors(ax)}
    if len(colors) > MOST_COLORS:
        found.append(f"{len(colors)} colors")
    return sorted(set(found))


class _Listening(RendererAgg):
    """Draws, and keeps every line of text: its words, its size in points, and its corners (4, 2) in pixels."""

    def __init__(self, fig):
        super().__init__(*fig.bbox.size, fig.dpi)
        self.texts = []

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        if s.strip():
            width, height, descent = self.get_text_width_height_descent(s, prop, ismath)
            turn, inset = np.deg2rad(angle), 0.12 * height  # a line of text has room above and below its letters
            low, high = inset - descent, height - descent - inset
            box = np.array([[0, low], [width, low], [width, high], [0, high]])
            box = box @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]] + (x, self.height - y)
            self.texts.append((s, prop.get_size_in_points(), box))
        super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)


def _overlap(one, two):
    """Whether two turned rectangles share more than a pixel: no line parallel to a side parts them."""
    for box in (one, two):
        for side in (box[1] - box[0], box[3] - box[0]):
            axis = side / (np.linalg.norm(side) or 1)
            a, b = one @ axis, two @ axis
            if min(a.max(), b.max()) - max(a.min(), b.min()) <= 1:
                return False
    return True


def _marks(ax, renderer):
    """Arrays (n, 2) of the pixels that an axes' lines run through, its points are at, and its bars cover."""
    for line in ax.lines:
        if line.get_visible() and (path := line.get_path()).vertices.size:
            steps = 1 if line.get_linestyle() == "None" else 16
            yield _inside(ax, line.get_transform().transform(path.interpolated(steps).vertices))
    for points in ax.collections:
        if points.get_visible() and len(points.get_offsets()) and isinstance(points, PathCollection):
            yield _inside(ax, points.get_offset_transform().transform(points.get_offsets()))
    for bars in ax.containers:
        for bar in bars if isinstance(bars, mpl.container.BarContainer) else ():
            box = bar.get_window_extent(renderer)
            yield np.stack(np.meshgrid(*np.linspace(box.min, box.max, 9).T), axis=-1).reshape(-1, 2)


def _inside(ax, points):
    low, high = ax.bbox.get_points()
    return points[((points >= low - 1) & (points <= high + 1)).all(axis=1)]


def _colors(ax):
    """The colors, beside grays, of an axes' lines, points and bars."""
    given = [color for line in ax.lines if line.get_visible() for color in _of_line(line)]
    for points in ax.collections:
        if points.get_array() is None and points.get_visible():
            given += [tuple(color) for color in points.get_facecolor() if color[3] > 0]
    given += [patch.get_facecolor() for bars in ax.containers for patch in getattr(bars, "patches", ())]
    return {to_rgb(color) for color in given if colorsys.rgb_to_hls(*to_rgb(color))[2] > 0.15}


def _of_line(line):
    marker = line.get_marker() not in ("", " ", "None", None)
    return [line.get_color()] * (line.get_linestyle() != "None") + [line.get_markerfacecolor()] * (
        marker and str(line.get_markerfacecolor()) != "none"
    )
