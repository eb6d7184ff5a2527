"""What every data set of the project is: arrays or strings, with where they come from."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..shared.checks import number
from ..shared.html import visible
from ..shared.randomness import generator


@dataclass(frozen=True, eq=False)
class Dataset:
    """Data with where it comes from.

    Attributes
    ----------
    train, held_out : what a model sees, and a fresh sample of the same law that it never sees (or None).
    name, source, license, credit : str; `credit` is the line that a figure prints.
    y, y_held_out : labels of the two parts, one an item, or None.
    feature_names : list of str, or None.
    names, names_held_out : list of str, what each item of the two parts is called, or None.
    law : the distribution that the data was drawn from, with `sample(n, rng)` and `log_density(x)`, or None.
    skipped : tuple of (name, reason), what could not be loaded.
    """

    train: Any
    held_out: Any
    name: str
    source: str
    license: str
    credit: str
    y: Any = None
    y_held_out: Any = None
    feature_names: list | None = None
    names: list | None = None
    names_held_out: list | None = None
    law: Any = None
    skipped: tuple = ()

    def __repr__(self):
        held_out = f", {len(self.held_out):,} held out" if self.held_out is not None and len(self.held_out) else ""
        told = (visible(f"{name}: {reason}", "") for name, reason in self.skipped[:10])
        skipped = "".join(f"\n  skipped {line}" for line in told)
        more = f"\n  and {len(self.skipped) - 10:,} more, in .skipped" if len(self.skipped) > 10 else ""
        return visible(f"{self.name}: {len(self.train):,} to train on{held_out}. {self.credit}{skipped}{more}", "\n")


def split(n, held_out, random_state):
    """Row numbers of a train and a held-out part of `n` rows, each rising; `held_out` is a share from 0 to 1."""
    held_out = number(held_out, "held_out", 0, below=1)
    order = generator(random_state).permutation(n)
    cut = n - int(held_out * n)
    return np.sort(order[:cut]), np.sort(order[cut:])
