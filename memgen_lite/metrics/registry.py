"""What every metric says of itself, one signature for all, and the checks of what comes in."""

import functools
import inspect
import textwrap
import tomllib
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any, Protocol

import numpy as np

from ..shared.checks import number, numbers_in, one_of, resolved, shown, whole
from ..shared.devices import where_they_lie
from ..shared.kinds import together
from ..shared.kinds.columns import kind_in
from ..shared.neighbors import Neighborhoods
from ..shared.randomness import generator
from ..shared.shards import Shards
from ..shared.types import Data, RandomState

METRICS: dict[str, "Metric"] = {}
FAMILIES = ("distances", "tests", "coverage", "copying")
_NEEDS = {
    "reference": "generated, and train or held_out as the reference",
    "train": "train and generated",
    "both": "train, held_out and generated",
    "generated": "generated",
}
# What the options of all metrics must be, by their names; None is let through where it is the default.
_OPTIONS = {
    **dict.fromkeys(("k", "cells", "max_rows", "projections"), functools.partial(whole, least=1)),
    **dict.fromkeys(("sizes", "subset_size"), functools.partial(whole, least=2)),
    **dict.fromkeys(("bandwidth", "lambda_", "gamma", "dimension"), functools.partial(number, above=0)),
    "subsets": lambda value, name: None if value is None else whole(value, name, 1),  # all pairs at once
    "min_generated": functools.partial(whole, least=0),
    "threshold": functools.partial(number, least=0),
    "centers": numbers_in,
}
_CONTROLS = {"memgen_u": "MemGEN-U", "memgen_p": "MemGEN-P"}


class MetricFunction(Protocol):
    """The one signature of all metrics, beside the options of each."""

    __name__: str
    on_checked: Callable[..., float]

    def __call__(
        self,
        train: Data,
        held_out: Data,
        generated: Data,
        *,
        reference: str = "train",
        random_state: RandomState = 0,
        neighborhoods: Neighborhoods | None = None,
        ignore: Any = None,
        **options: Any,
    ) -> float: ...


@dataclass(frozen=True)
class Metric:
    """One metric: what it is, which way is better, and what it says of a memorizer and of a fresh sample.

    `needs` is "reference", "train", "both" or "generated"; `better` is "lower", "higher" or a number, the value of a
    sample that cannot be told from the reference; `low` and `high` bound the value; `streams` says that shards of real
    rows are read part by part, where other metrics read them whole.
    """

    name: str
    family: str
    title: str
    definition: str
    source: str
    better: str | float
    low: float
    high: float
    needs: str
    conventions: str
    cost: str
    memgen_u: str
    memgen_p: str
    honest: str
    function: Any
    streams: bool = False

    def __repr__(self):
        return f"<metric {self.name}: {self.title}>"

    def __str__(self):
        better = self.better if isinstance(self.better, str) else f"nearer to {self.better:g}"
        told = vars(self) | {"better": f"{better}; from {self.low:g} to {self.high:g}", "needs": _NEEDS[self.needs]}
        lines = [f"{self.name} ({self.family}): {self.title}"]
        for key in ("definition", "source", "better", "needs", "conventions", "cost", "memgen_u", "memgen_p", "honest"):
            label = f"  {_CONTROLS.get(key, key) + ':':<13}"
            lines.append(textwrap.fill(told[key], 120, initial_indent=label, subsequent_indent=" " * 15))
        return "\n".join(lines)

    def __call__(self, *args: Any, **options: Any) -> float:
        return self.function(*args, **options)

    def on_checked(
        self,
        *arrays: np.ndarray,
        random_state: RandomState = 0,
        neighborhoods: Neighborhoods | None = None,
        **options: Any,
    ) -> float:
        """The value for arrays that :func:`check_arrays` has passed: those of `needs`, in its order."""
        return self.function.on_checked(arrays, random_state, neighborhoods, options)


def metric(function: Callable[..., Any]) -> MetricFunction:
    """Register a function of (real, generated), (train, generated), (train, held_out, generated) or (generated).

    What it says of itself stands under its name in the `.toml` file beside its module, the rest in its docstring. The
    function that comes back has the one public signature
    `(train, held_out, generated, *, reference, random_state, neighborhoods, ignore, ...)`, checks its arrays, and hands
    on `rng` and `neighborhoods`, a new one where none is given, to a function that asks for them.
    """
    own, name = inspect.signature(function).parameters, function.__name__
    roles = [key for key, p in own.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    mine = [key for key, p in own.items() if p.kind is p.KEYWORD_ONLY and key not in ("rng", "neighborhoods")]
    needs = "reference" if "real" in roles else ("generated", "train", "both")[len(roles) - 1]

    def on_checked(arrays, random_state, neighborhoods, options):
        if "rng" in own:
            options["rng"] = generator(random_state)
        if "neighborhoods" in own:
            options["neighborhoods"] = Neighborhoods() if neighborhoods is None else neighborhoods
        with np.errstate(over="ignore", invalid="ignore"):  # told below
            value = float(function(*arrays, **options))
        if value != value:
            raise ValueError(
                f"{name} needs other {' and '.join('reference' if role == 'real' else role for role in roles)}: of "
                "these it has no value, as a ratio of two distances that are 0 has none, nor numbers that overflow"
            )
        return value

    @functools.wraps(function, assigned=("__module__", "__name__", "__qualname__", "__doc__"))  # types are its own
    def public(
        train, held_out, generated, *, reference="train", random_state=0, neighborhoods=None, ignore=None, **options
    ):
        if unknown := [key for key in options if key not in mine]:
            raise TypeError(f"{name} has no option {unknown[0]!r}; its options are {mine}")
        one_of(reference, "reference", ("train", "held_out"))
        if not isinstance(neighborhoods, Neighborhoods | None):
            raise TypeError(f"neighborhoods must be a Neighborhoods or None, got {shown(neighborhoods)}")
        for key, option in options.items():
            if option is not None or own[key].default is not None:
                options[key] = _OPTIONS[key](option, key)
        generator(random_state)
        given = {"train": train, "held_out": held_out, "generated": generated}
        names = [reference if role == "real" else role for role in roles]
        if missing := [key for key in names if given[key] is None]:
            raise ValueError(f"{name} needs {_NEEDS[needs]}; {' and '.join(missing)} not given")
        streamed = ("train", "held_out") if METRICS[name].streams else ()
        # All that are given: texts and tables get their space from all of them.
        checked = check_arrays(given, ignore, streamed=streamed)
        return on_checked([checked[key] for key in names], random_state, neighborhoods, options)

    _, *common, _ = inspect.signature(MetricFunction.__call__).parameters.values()
    public.__signature__ = inspect.Signature(common + [own[key] for key in mine], return_annotation=float)
    public.on_checked = on_checked
    title = function.__doc__.splitlines()[0].rstrip(".")
    card = _cards(function.__module__)[name]
    card = {fact: " ".join(value.split()) if isinstance(value, str) else value for fact, value in card.items()}
    METRICS[name] = Metric(name=name, title=title, needs=needs, function=public, **card)
    return public


@functools.cache
def _cards(module):
    package, _, name = module.rpartition(".")
    return tomllib.loads((files(package) / f"{name}.toml").read_text("utf-8"))


def check_arrays(arrays: dict[str, Any], ignore: Any = None, *, streamed: tuple[str, ...] = ()) -> dict[str, Any]:
    """The samples of a dict as finite float64 rows of equal width, each an object of its own. None stays None.

    Shards of rows of numbers stay where they lie in the roles `streamed`, and are read whole in all others.

    They are read as :func:`memgen_lite.audit` reads them, but for frames all of whose columns are numbers, and none of
    those missing: a metric of them is in the units of their columns.
    Columns to `ignore` are left out; what is perhaps not meant about a column of a table is told in warnings.
    An array that is given twice, as when the training set is handed in as the generated one, comes back as two objects:
    what is a row's own neighbor is told by the array's identity.
    """
    if not isinstance(arrays, dict):
        raise TypeError(f"arrays must be a dict of samples by their names, got {shown(arrays)}")
    if all(X is None for X in arrays.values()):
        return dict(arrays)
    samples = read_samples(arrays, ignore, streamed)
    for note in samples.notes:
        if samples.kind.name == "table":
            warnings.warn(note, stacklevel=3)
    return dict.fromkeys(arrays) | samples.rows


def read_samples(arrays, ignore=None, streamed=()):
    """The :class:`memgen_lite.shared.kinds.Samples` whose rows are those of :func:`check_arrays`."""
    given = {name: X for name, X in arrays.items() if X is not None}
    samples = together(given, ignore=ignore, streamed=streamed)
    rows, frames = samples.rows, samples.items.values() if samples.kind.name == "table" else ()
    columns = [{role: frame[name] for role, frame in samples.items.items()} for name in next(iter(frames), ())]
    numbers = frames and all(kind_in(column) == "number" for column in columns)
    missing = sum(int(frame.isna().to_numpy().sum()) for frame in frames) if numbers else 0
    if missing:
        told = f"{missing:,} value{'s are' * (missing > 1) or ' is'} missing: "
        samples.notes.append(f"{told}columns count by their ranges, and metrics are not in their units")
    elif numbers:
        rows = {role: frame.to_numpy(dtype=np.float64) for role, frame in samples.items.items()}
        resolved(rows)
    checked = {}
    for name, X in rows.items():
        X = X.astype(np.float64) if isinstance(X, Shards) else np.ascontiguousarray(X, dtype=np.float64)
        again = isinstance(X, np.ndarray) and any(X is other for other in checked.values())
        checked[name] = X.view() if again else X
    return replace(samples, rows=checked)


def required(arrays):
    """The same of samples all of which are needed."""
    if missing := [name for name, X in arrays.items() if X is None]:
        raise ValueError(f"{' and '.join(missing)} must be rows, got None")
    return check_arrays(arrays)


def names(family: str | None = None) -> list[str]:
    """The names of all metrics, or of one family: distances, tests, coverage, copying."""
    kinds = FAMILIES if family is None else [one_of(family, "family", FAMILIES)]
    return [entry.name for kind in kinds for entry in METRICS.values() if entry.family == kind]


def get(name: str) -> Metric:
    """The :class:`Metric` of this name."""
    if not isinstance(name, str) or name not in METRICS:
        known = ", ".join(names())
        raise ValueError(f"name: no metric is called {shown(name)}; mg.metrics.names() are {known}")
    return METRICS[name]


def describe(name: str) -> Metric:
    """Print what a metric is, which way is better, and what it says of MemGEN and of an honest sample; return it."""
    entry = get(name)
    print(entry)
    return entry


@where_they_lie
def compute(
    name: str,
    *,
    train: Data = None,
    held_out: Data = None,
    generated: Data = None,
    reference: str = "train",
    random_state: RandomState = 0,
    **options: Any,
) -> float:
    """One metric as a float.

    Parameters
    ----------
    name : one of :func:`names`.
    train, held_out, generated : arrays (rows, features), images, lists of str or frames, which are compared as
        :mod:`memgen_lite.shared.kinds` says. Those that the metric does not use may be left out; texts and
        tables get the space in which they are compared from all that are given. Train and held-out may be
        :func:`memgen_lite.shards`: metrics that say `streams` read them part by part, and the others whole, with a
        warning where that takes more than a quarter of the free memory.
    reference : "train" or "held_out", what a metric of two samples compares the generated rows with.
    random_state : int, Generator, RandomState or None.
    options : the metric's own, such as `k`; `neighborhoods`, to share searches between metrics; `ignore`, columns of
        frames or arrays to leave out: a name, a number, or a list of them.

    Raises
    ------
    ValueError, TypeError : for a name that no metric has, a sample that is missing, of another kind or shape than the
        first, not finite, too large, too small or too few for the metric, and for an option out of range. Where there
        is no value that is an error: none is NaN.

    >>> import numpy as np
    >>> T = np.random.default_rng(0).normal(size=(50, 2))
    >>> compute("frechet", train=T, generated=T + [3, 0])
    9.0
    """
    return get(name)(train, held_out, generated, reference=reference, random_state=random_state, **options)
