"""An audit as a picture: its dose, beside those of familiar models, and the walk from the closest hit on."""

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from ..shared.figures import STYLE

YOURS, OTHERS = "#D55E00", "#555555"


def figure(audit):
    """The dose, on the ladder if there is one already, and the walk, as a matplotlib Figure of 8 inches."""
    lines = [(audit.dose, *audit.dose_interval, "this model")]
    if (rungs := audit.__dict__.get("ladder")) is not None:
        lines += rungs[["dose", "low", "high", "model"]].to_numpy().tolist()
    dose, low, high, names = zip(*sorted(lines, key=lambda line: line[0]), strict=True)
    walk = audit.walk
    share = walk.sizes[0] / sum(walk.sizes)
    named = int((walk.named | walk.suspects).sum())
    with rc_context(STYLE):
        fig = Figure(figsize=(8, 3.2), layout="constrained")
        left, right = fig.subplots(1, 2)
        doses(left, names, dose, low, high, yours=names.index("this model"))
        excess(right, walk.steps["hits"], walk.steps["train"], share, named=named)
    return fig


def alt(audit):
    """The figure in words."""
    low, high = audit.dose_interval
    return (
        f"Left: dose {audit.dose:z.2f}, interval {low:z.2f} to {high:z.2f}. Right: {len(audit.walk.order):,} hits, "
        f"from the closest on: training rows are met up to {audit.walk.steps['excess'].max():.1f} standard deviations "
        f"beyond their share; {len(audit.listed):,} rows are named."
    )


def doses(ax, names, dose, low, high, *, yours):
    """Draw doses of copying with their intervals into `ax`, one a line from the top, and return it.

    Parameters
    ----------
    names : n str. dose, low, high : n numbers each. yours : index of the one that is asked about; it is set off.
    """
    for i, values in enumerate(zip(dose, low, high, strict=True)):
        own = i == yours
        color = YOURS if own else OTHERS
        ax.plot(values[1:], [i, i], color=color, linewidth=3 if own else 1.5, solid_capstyle="butt")
        ax.plot(values[0], i, marker="D" if own else "o", color=color, markersize=8 if own else 5)
    ax.set_yticks(range(len(names)), names)
    ax.get_yticklabels()[yours].set_fontweight("bold")
    ends = min(0, *low) - 0.05, max(1, *high) + 0.05
    ax.set(xlim=ends, ylim=(len(names) - 0.4, -0.6), xlabel="dose: 0 chance, 1 a copy each time")
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
    ax.fill_between(line, -chance, chance, color="#E3E3E3", linewidth=0, label="where chance leaves it")
    if named:
        end = hits[np.searchsorted(train, named)]
        ax.axvspan(0, end, color=YOURS, alpha=0.13, linewidth=0, label=f"{named:,} named")
    ax.plot(hits, train - share * hits, drawstyle="steps-post", color="#0072B2")
    ax.axhline(0, color="#444444", linewidth=0.8)
    ax.set(xlabel="rows that were hit, closest first", ylabel="training rows\nbeyond their share", xlim=(0, hits[-1]))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2, ncols=2, fontsize=9, columnspacing=1)
    return ax
