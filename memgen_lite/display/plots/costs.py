"""What something costs, against its size."""

import numpy as np
from matplotlib.axes import Axes

from .labels import short
from .refusals import names_its_arguments


@names_its_arguments
def growth(ax: Axes, curves: dict, *, xlabel: str, ylabel: str) -> Axes:
    """Draw costs against sizes into `ax`, both logarithmic, beside lines of slope 1, and return it.

    Parameters
    ----------
    curves : dict by name of (sizes, costs), arrays above 0; 6 at most. xlabel, ylabel : str, with the units.
        Words of over 120 characters are cut.
    """
    styles = dict(zip("os^Dvx", ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#000000"), strict=True))
    if len(curves) > len(styles):
        raise ValueError(f"curves must be {len(styles)} at most, got {len(curves)}")
    for (marker, color), (name, (sizes, costs)) in zip(styles.items(), curves.items(), strict=False):
        ax.plot(sizes, costs, marker=marker, color=color, markersize=4, label=short(name))
    ax.set(xscale="log", yscale="log", xlabel=short(xlabel), ylabel=short(ylabel))
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
