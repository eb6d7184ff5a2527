"""The power of tests against the share of copies."""

from typing import Any

import numpy as np
from matplotlib.legend import Legend
from numpy.typing import ArrayLike

from ...shared.figures import COLORS, DASHES, MARKERS


def power_panels(
    axes: Any,
    powers: ArrayLike,
    *,
    methods: dict,
    shares: Any,
    rows: Any,
    columns: Any,
    ahead: Any = None,
    level: float = 0.05,
) -> Legend:
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
