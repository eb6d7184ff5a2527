"""Every metric of the field that takes arrays: what it is, what it says of a memorizer, and its value.

>>> import numpy as np
>>> T = np.random.default_rng(0).normal(size=(100, 3))
>>> compute("nn_accuracy", train=T, generated=T[::-1])   # each row's nearest neighbor is its own copy
0.0
>>> compute("authenticity", train=T, generated=T[::-1])
0.0

Each metric is a function too, all with one signature: `nn_accuracy(train, held_out, generated, *, reference="train",
random_state=0, ...)`.
"""

from typing import TYPE_CHECKING

from . import copying, distances, fidelity, likelihood, membership, transport, two_sample  # noqa: F401 - they register
from .copying import birthday_probability, c_t_cells
from .likelihood import kfold_memorization
from .membership import intrinsic_dimension
from .registry import FAMILIES, METRICS, Metric, check_arrays, compute, describe, get, names
from .translation import chrf
from .two_sample import nn_accuracies

if TYPE_CHECKING:  # for it the metrics are not names of this module, which they become below
    from .registry import MetricFunction

    def __getattr__(name: str) -> MetricFunction: ...


globals().update({name: entry.function for name, entry in METRICS.items()})

__all__ = [
    "FAMILIES",
    "METRICS",
    "Metric",
    "birthday_probability",
    "c_t_cells",
    "check_arrays",
    "chrf",
    "compute",
    "describe",
    "get",
    "intrinsic_dimension",
    "kfold_memorization",
    "names",
    "nn_accuracies",
    *METRICS,
]
