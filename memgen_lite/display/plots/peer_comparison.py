"""Models side by side: their distances, and what they cost."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

if TYPE_CHECKING:
    import pandas as pd


def growth(ax: Axes, curves: dict, *, xlabel: str, ylabel: str) -> Axes:
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


def peer_panels(axes: Sequence[Axes], scores: "pd.DataFrame", *, metrics: Any, peers: Any, kinds: dict) -> Any:
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


def peer_costs(axes: Sequence[Axes], cost: "pd.DataFrame", *, kinds: dict) -> Any:
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
