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
        for digit in range(10):  # a marker for each of ten digits is drawn much sooner than a text for each cell
            row, column = np.nonzero(grid == digit)
            style = {"marker": f"${digit}$", "markersize": 0.58 * cell, "markeredgewidth": 0}
            ax.plot(column, row, color="white" if digit in _DARK_DIGITS else "black", linestyle="none", **style)
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
        from matplotlib.collections import LineCollection

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


def eared_frames(ax, marked, side, *, columns, pad, color="#0072B2"):
    """Mark some images of a grid, drawn by :func:`images`, with a frame that has two ears, and return `ax`.

    Parameters
    ----------
    marked : bool (n,), one for each image of the grid.
    side, pad : int, pixels of an image's side and of the white between images, which the ears reach into.
    """
    from matplotlib.collections import PolyCollection

    ear, width = 0.8 * pad, 0.24 * side
    head = [(0, side), (0, 0), (0.2 * width, -ear), (width, 0)]
    head += [(side - width, 0), (side - 0.2 * width, -ear), (side, 0), (side, side)]
    places = np.flatnonzero(marked)
    corners = np.column_stack([places % columns, places // columns])[:, None] * (side + pad) - 0.5 + np.array(head)
    style = {"facecolors": "none", "edgecolors": color, "linewidths": 2, "joinstyle": "round", "clip_on": False}
    ax.add_collection(PolyCollection(corners, **style), autolim=False)
    ax.set_ylim(ax.get_ylim()[0] + 1, -0.5 - pad)
    return ax


# What a metric says of a generator beside honest samples: marker, color and words. None stands for NaN.
VERDICTS = {
    1: ("^", "#D55E00", "better than honest"),
    0: (None, "#E9E9E9", "as honest"),
    -1: ("v", "#0072B2", "worse than honest"),
    None: ("x", "#FFFFFF", "no answer"),
}


def verdicts(ax, found, *, rows, columns, size=11):
    """Draw a table of verdicts into `ax` and return it: a triangle up for "better", down for "worse", a cross for none.

    Parameters
    ----------
    ax : matplotlib Axes.
    found : array (rows, columns, parts) of 1 better than honest, 0 as honest, -1 worse, NaN no answer, infinite where
        the question does not arise; the parts of a cell stand side by side.
    rows, columns : sequences of str.
    size : float, area of a mark in square points.
    """
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

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
            ink = "#767676" if marker == "x" else "white"
            ax.scatter(x, y, marker=marker, s=size, color=ink, linewidth=0.8)
    ax.set_yticks(range(len(rows)), rows)
    ax.set_xticks(range(len(columns)), columns)
    ax.set(xlim=(-0.54, len(columns) - 0.46), ylim=(len(rows) - 0.4, -0.6))
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0, pad=2)
    ax.xaxis.tick_top()
    return ax


def verdict_key():
    """Handles and labels of a legend for :func:`verdicts`: a tile of each color with its mark."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = []
    for marker, color, _ in VERDICTS.values():
        style = {"color": "#767676" if marker == "x" else "white", "linestyle": "none", "markersize": 4}
        handles.append((Patch(facecolor=color, edgecolor="#BBBBBB"), Line2D([], [], marker=marker or "", **style)))
    return handles, [word for _, _, word in VERDICTS.values()]


def strips(ax, names, honest, *, reach=30):
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


def on_strips(ax, places, found, *, reach=30):
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


def power_panels(axes, powers, *, methods, shares, rows, columns, ahead=None, level=0.05):
    """Draw power against the share of copies, a panel for each kind of copy and quality of the rest; return the legend.

    Parameters
    ----------
    axes : array (r, c) of Matplotlib Axes that share their scales; the legend stands above all of them.
    powers : array (r, c, m, s) in 0-1. methods : m names, of which the first, drawn last and thickest, is compared with
        the others. shares : s numbers above 0, for a logarithmic axis.
    rows, columns : titles, r and c of them.
    ahead : bool array (r, c, m, s) or None; the points to put a ring around.
    level : the dotted line: what a test that sees nothing has.

    Raises
    ------
    ValueError : where shapes do not fit, or there are more methods than markers.
    """
    from ...shared.figures import COLORS, DASHES, MARKERS

    axes, powers = np.asarray(axes), np.asarray(powers, dtype=float)
    expected = (len(rows), len(columns), len(methods), len(shares))
    if powers.shape != expected or axes.shape != expected[:2]:
        raise ValueError(f"powers must be {expected} for axes {expected[:2]}, got {powers.shape} for {axes.shape}")
    colors = [COLORS[name] for name in ("blue", "vermilion", "green", "purple", "orange", "sky", "gray", "black")]
    if len(methods) > min(len(colors), len(MARKERS)):
        raise ValueError(f"methods must be {min(len(colors), len(MARKERS))} at most, got {len(methods)}")
    ahead = np.zeros(expected, dtype=bool) if ahead is None else np.asarray(ahead, dtype=bool)
    for (r, c), ax in np.ndenumerate(axes):
        ax.axhline(level, color="#444444", linewidth=0.9, linestyle=":")
        for m in range(len(methods))[::-1]:
            first = m == 0
            ax.plot(
                shares,
                powers[r, c, m],
                color=colors[m],
                marker=MARKERS[m],
                linestyle=DASHES[0 if first else 1 + (m - 1) % (len(DASHES) - 1)],
                linewidth=2.2 if first else 1.0,
                markersize=5.5 if first else 4.0,
                label=methods[m],
                clip_on=False,
                zorder=4 if first else 3,
            )
            for s in np.flatnonzero(ahead[r, c, m]):
                ring = {"markerfacecolor": "none", "markeredgecolor": "black", "clip_on": False, "zorder": 5}
                ax.plot(shares[s], powers[r, c, m, s], "o", markersize=11, **ring)
        ax.set_xscale("log")
        ax.set_xticks(shares, [f"{100 * share:g}" for share in shares])
        ax.minorticks_off()
        ax.set(ylim=(-0.02, 1.02), yticks=(0, 0.5, 1))
        if r == 0:
            ax.set_title(columns[c], fontsize=10)
        if r == len(rows) - 1:
            ax.set_xlabel("copied, %")
        if c == 0:
            ax.set_ylabel(f"{rows[r]}\npower")
    handles, names = axes[0, 0].get_legend_handles_labels()
    return axes[0, 0].figure.legend(
        handles[::-1], names[::-1], loc="outside upper center", ncols=min(4, len(methods)), handlelength=3
    )


def doses(ax, names, dose, low, high, *, yours):
    """Draw doses of copying with their intervals into `ax`, one a line from the top, and return it.

    Parameters
    ----------
    names : n str. dose, low, high : n numbers each. yours : index of the one that is asked about; it is set off.
    """
    for i, values in enumerate(zip(dose, low, high, strict=True)):
        own = i == yours
        color = "#D55E00" if own else "#555555"
        ax.plot(values[1:], [i, i], color=color, linewidth=3 if own else 1.5, solid_capstyle="butt")
        ax.plot(values[0], i, marker="D" if own else "o", color=color, markersize=8 if own else 5)
    ax.set_yticks(range(len(names)), names)
    ax.get_yticklabels()[yours].set_fontweight("bold")
    ax.set(ylim=(len(names) - 0.4, -0.6), xlabel="dose: as if it copied this share of the time")
    ax.axvline(0, color="#444444", linewidth=0.8)
    return ax


def excess(ax, hits, train, share, *, named=0):
    """Draw a walk from the closest hit on into `ax`, and return it: training rows met, less their share of all hits.

    Parameters
    ----------
    hits, train : arrays, at each step the hits so far and those of train among them. share : of train in the pool.
    named : how many training rows are named; up to the step that has them the ground is shaded.
    """
    hits, train = np.concatenate([[0], hits]), np.concatenate([[0], train])
    line = np.linspace(0, hits[-1], 200)
    chance = 2 * np.sqrt(line * share * (1 - share))
    ax.fill_between(line, -chance, chance, color="#E3E3E3", linewidth=0, label="what chance does to each step (2 sd)")
    if named:
        end = hits[np.searchsorted(train, named)]
        ax.axvspan(0, end, color="#D55E00", alpha=0.13, linewidth=0, label=f"{named:,} named")
    ax.plot(hits, train - share * hits, drawstyle="steps-post", color="#0072B2")
    ax.axhline(0, color="#444444", linewidth=0.8)
    ax.set(xlabel="hits, closest first", ylabel="training rows beyond their share", xlim=(0, hits[-1]))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2, ncols=2)
    return ax


def mosaics(ax, sources, colors, *, columns=None, pad=1, scale=8):
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
        lines = pictures[:, last] if axis == 1 else pictures[:, :, last]
        lines[cut] = 1
    return images(ax, pictures, columns=columns, pad=pad * scale)


def growth(ax, curves, *, xlabel, ylabel):
    """Draw costs against sizes into `ax`, both logarithmic, beside lines of slope 1, and return it.

    Parameters
    ----------
    curves : dict by name of (sizes, costs), arrays above 0; 6 at most. xlabel, ylabel : str, with the units.
    """
    styles = dict(zip("os^Dvx", ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#000000"), strict=True))
    if len(curves) > len(styles):
        raise ValueError(f"curves must be {len(styles)} at most, got {len(curves)}")
    for (marker, color), (name, (sizes, costs)) in zip(styles.items(), curves.items(), strict=False):
        ax.plot(sizes, costs, marker=marker, color=color, markersize=4, label=name)
    ax.set(xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
    ax.grid(False)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter("{x:,g}")
        axis.set_minor_formatter("")
    (left, right), ends = ax.get_xlim(), np.log10(ax.get_ylim())
    low, high = 10 ** np.floor(ends[0]), 10 ** np.ceil(ends[1])
    for slope in 10.0 ** np.arange(np.floor(np.log10(low / right)), np.ceil(np.log10(high / left))):
        ax.plot([left, right], [slope * left, slope * right], color="#CCCCCC", linewidth=0.7, zorder=0)
    ax.set(xlim=(left, right), ylim=(low, high))
    ax.legend()
    return ax


# Whose rows a peer hands out: color and words. "kept" holds the training rows, "trained" and "fitted" hold numbers.
PEER_KINDS = {"kept": "#D55E00", "trained": "#0072B2", "fitted": "#555555"}


def peer_panels(axes, scores, *, metrics, peers, kinds):
    """Draw where each peer stands at each metric, a panel each, and return `axes`.

    Parameters
    ----------
    axes : sequence of Axes, one for each of `metrics`; they share the vertical axis.
    scores : DataFrame with the columns metric, peer, reference ("train" or "held-out"), and score, one row for each
        repeat: standard deviations above the mean of honest samples. A mark is their median, its bar has all.
    peers, kinds : n str from the top, and what :data:`PEER_KINDS` calls each.
    """
    scale, ticks = np.arcsinh, (0, 10, 100, 1000)
    styles = {"held-out": ("o", -0.17, None), "train": ("D", 0.17, "white")}
    for ax, metric in zip(axes, metrics, strict=True):
        ax.axvspan(scale(-2), scale(2), color="#E3E3E3", linewidth=0, label="honest rows (± 2 sd)")
        for reference, (marker, shift, fill) in styles.items():
            chosen = scores[(scores.metric == metric) & (scores.reference == reference)].groupby("peer").score
            low, middle, high = (scale(chosen.quantile(q).reindex(peers)) for q in (0, 0.5, 1))
            for kind, color in PEER_KINDS.items():
                at = np.flatnonzero(np.asarray(kinds) == kind)
                ax.hlines(at + shift, low.iloc[at], high.iloc[at], color=color, linewidth=1.2)
                style = {"color": color, "markerfacecolor": fill or color, "markersize": 4.2, "linestyle": "none"}
                ax.plot(middle.iloc[at], at + shift, marker, label=f"{kind}, to {reference} rows", **style)
        ax.set_xticks(scale(ticks), [f"{tick:,}" for tick in ticks])
        ax.set_title(metric.replace("_", " ").replace("max sliced", "max. sliced"), fontsize=9.5)
        _peer_rows(ax, peers, kinds)
    return axes


def peer_costs(axes, cost, *, kinds):
    """Draw two panels beside :func:`peer_panels`, and return `axes`: seconds to fit and bytes to keep, logarithmic.

    Parameters
    ----------
    axes : two Axes. cost : DataFrame with the columns `fit_seconds` and `bytes`, indexed by peer, in their order.
    kinds : one of :data:`PEER_KINDS` for each.
    """
    titles = {"fit_seconds": ("cost to fit, seconds", 1), "bytes": ("cost to keep, KiB", 1024)}
    colors = [PEER_KINDS[kind] for kind in kinds]
    for ax, (column, (title, unit)) in zip(axes, titles.items(), strict=True):
        values = (cost[column] / unit).to_numpy()
        low = 10 ** np.floor(np.log10(values.min()))
        ax.barh(range(len(values)), values - low, left=low, height=0.62, color=colors)
        ax.set_xscale("log")
        ax.set_xlim(low, None)
        ax.set_title(title, fontsize=9.5)
        _peer_rows(ax, cost.index, kinds)
    return axes


def _peer_rows(ax, peers, kinds):
    labels = [f"{name.replace('_', ' ')} · {kind}" for name, kind in zip(peers, kinds, strict=True)]
    ax.set_yticks(range(len(labels)), labels)
    ax.set(ylim=(len(peers) - 0.4, -0.6))
