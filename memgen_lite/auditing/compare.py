"""Does one generator copy more than another? One search for both, and a test that the luck of the split does not fool.

>>> import numpy as np
>>> rng = np.random.default_rng(0)
>>> T, H, A, B = rng.normal(size=(4, 300, 6))
>>> A[:60] = T[:60] + 0.02 * rng.normal(size=(60, 6))
>>> found = audit_compare(T, H, A, B)
>>> found.p_value, round(found.dose_difference, 2)
(0.002, 0.22)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

from ..shared.checks import one_of, shown, whole
from ..shared.devices import where_they_lie
from ..shared.figures import Picture
from ..shared.parallel import one_thread
from ..shared.points import Facts
from ..shared.progress import bar
from ..shared.randomness import generator
from ..shared.stamp import versions
from ..shared.types import Data, RandomState
from .checks import broken, check
from .contrast import Contrast, contrast
from .inputs import read_two, something_held_out
from .nearness import nearness
from .walk import FEWEST, LEVEL

_SIDES = ("a", "b")


@dataclass(frozen=True)
class Comparison:
    """What :func:`memgen_lite.audit_compare` found. It shows itself, in a notebook and in a terminal.

    Attributes
    ----------
    p_value : float, that one of the two copies more: twice the smaller of the next two, 1 at most.
    p_greater, p_less : float, that a copies more than b, and that it copies less; each the largest of three p-values,
        see :func:`memgen_lite.audit_compare`.
    doses : dict, the doses of "a" and "b", as those of :func:`memgen_lite.audit`. dose_intervals : dict of (low, high).
    dose_difference : float, the dose of a less that of b. interval : (low, high), 95 %, of that difference between the
        *generators*, so that both the luck of their draws and that of the split are in it.
    scores : dict, of "a" and "b": which share of their rows sits on training rows, where each counts by how closely it
        does, less what chance puts there. The p-values are for the difference of these, as it is seen sooner than that
        of doses, and has the sign of what was copied closely.
    broken : str, why nothing can be told; None where no check says so. warnings : list of str.
    contrast : the p-values that are behind these. stamp : dict: sizes, parameters, versions.
    verdict : str, one sentence.
    """

    p_value: float
    p_greater: float
    p_less: float
    doses: dict[str, float]
    dose_intervals: dict[str, tuple[float, float]]
    dose_difference: float
    interval: tuple[float, float]
    scores: dict[str, float]
    broken: str | None
    warnings: list[str]
    contrast: Contrast = field(repr=False)
    stamp: dict[str, Any] = field(repr=False)

    @property
    def verdict(self) -> str:
        low, high = self.interval
        seen = f"doses {self.doses['a']:z.2f} and {self.doses['b']:z.2f}, a difference of {self.dose_difference:+z.2f} "
        seen += f"({low:+z.2f} to {high:+z.2f}), beside {self.stamp['rows']['held_out']:,} held-out rows"
        p = f"p = {self.p_value:.2g}"
        if self.broken:
            return f"Can't tell which copies more: {self.broken}; {p}."
        if self.p_value > LEVEL:
            return f"No sign that one copies more than the other: {seen}; {p}."
        more, less, sign = ("a", "b", 1) if self.p_greater < self.p_less else ("b", "a", -1)
        how = "more" if sign * self.dose_difference > 0 else "more closely, if not more often,"
        return f"{more} copies {how} than {less}: {seen}; {p}."

    def plot(self) -> Picture:
        """Both doses and their difference with their intervals, as a picture; `.figure` is the Matplotlib Figure."""
        from matplotlib import rc_context
        from matplotlib.figure import Figure

        from ..shared.figures import STYLE, picture
        from .figure import doses

        lines = [(self.doses[side], *self.dose_intervals[side]) for side in _SIDES]
        dose, low, high = zip(*lines, (self.dose_difference, *self.interval), strict=True)
        with rc_context(STYLE):
            fig = Figure(figsize=(6, 2.2), layout="constrained")
            doses(fig.subplots(), ("a", "b", "a less b"), dose, low, high, yours=2)
        return picture(fig, f"Doses with their intervals. {self.verdict}")

    def to_dict(self) -> dict[str, Any]:
        """All findings as plain dicts, lists, numbers and strings."""
        return {
            "verdict": self.verdict,
            "warnings": self.warnings,
            "broken": self.broken,
            "p_value": self.p_value,
            "p_greater": self.p_greater,
            "p_less": self.p_less,
            "p_rows": list(self.contrast.rows),
            "p_labels": list(self.contrast.labels),
            "p_both": list(self.contrast.both),
            "doses": self.doses,
            "dose_intervals": {side: list(ends) for side, ends in self.dose_intervals.items()},
            "dose_difference": self.dose_difference,
            "interval": list(self.interval),
            "scores": self.scores,
            **self.stamp,
        }

    def __repr__(self):
        return "\n".join([self.verdict, *(f"Warning: {line}" for line in self.warnings)])

    def _repr_html_(self):
        told = "".join(f"<p>Warning: {escape(line)}</p>" for line in self.warnings)
        return f"<div><p><b>{escape(self.verdict)}</b></p>{told}{self.plot().html()}</div>"


@where_they_lie
def audit_compare(
    train: Data,
    held_out: Data,
    a: Data,
    b: Data,
    *,
    features: Callable[[Any], Any] | None = None,
    metric: str = "euclidean",
    ignore: Any = None,
    n_relabelings: int = 999,
    random_state: RandomState = 0,
) -> Comparison:
    """Test whether one of two generators copies its training rows more than the other does.

    Both were fitted to the same training rows and have seen no held-out row. Two p-values of :func:`memgen_lite.audit`
    don't answer this: one may be .04 and the other .06. Each generated row scores how closely it sits on its nearest
    row, positive where that is of train; the statistic is the difference of means over its standard error. Rows are
    dealt anew to the two generators, which is exact if they are the same and right with many rows if they differ in
    quality (Janssen 1997; Chung and Romano 2013). That alone is not enough: two blind generators of different quality
    go to different places, and where training rows happen to lie there, one leans more, however many rows it gives.
    In simulations with 200 rows on each side, of a Gaussian beside one that had collapsed onto ten points, that test
    alone found a difference at .05 in half of all splits. So the labels of real rows are dealt anew too, which is exact
    for two blind generators of whatever quality. For two that copy equally often and differ otherwise the variances of
    both kinds of luck are added up, and the normal law is asked. The largest of the three p-values counts: 5 % of
    differences at most were then found where there were none, with splits of 4:1 and 1:4 too.

    Rows of a generator have to be drawn one by one, and those of a real person to be one row: rows that come in groups
    make it find too much. They are compared in one space. An interrupt (Ctrl-C) in the search ends it, and the rows
    searched by then are compared.

    Parameters
    ----------
    train, held_out : as of :func:`memgen_lite.audit`. a, b : rows of either generator, of the same kind; their numbers
        may differ. It matters not which is a, but for the sign.
    features, metric, ignore : as of :func:`memgen_lite.audit`.
    n_relabelings : int from 39 on, how often rows, and labels, are dealt; no p-value is below 2 / (1 + n_relabelings).
    random_state : int, Generator, RandomState or None: ties, and what is dealt.

    Returns
    -------
    :class:`~memgen_lite.auditing.compare.Comparison`

    Raises
    ------
    ValueError, TypeError : for what can't be compared, with the reason, and the argument's name.
    """
    n_relabelings = whole(n_relabelings, "n_relabelings", 2 * FEWEST + 1)  # for two-sided p-values that reach 1/20
    metric = one_of(metric, "metric", ("euclidean", "cosine"))
    if features is not None and not callable(features):
        raise TypeError(f"features must be a function from items to an array, or None, got {shown(features)}")
    inputs = read_two(train, held_out, a, b, features, ignore)
    something_held_out(inputs)
    rng = generator(random_state)
    rows, sizes = inputs.rows, {role: len(X) for role, X in inputs.rows.items()}
    facts = Facts()
    order = rng.permutation(sizes["a"] + sizes["b"])  # mixed, so that an interrupt cuts both
    generated = np.concatenate([rows["a"], rows["b"]])[order]
    with bar(len(order) + 2 * (1 + n_relabelings), "Comparing", "step") as progress:
        options = {"rng": rng, "progress": progress.update}
        near = nearness(rows["train"], rows["held_out"], generated, metric=metric, facts=facts, **options)
        done = order[: len(near.rows)]
        of_a = done < sizes["a"]
        if of_a.all() or not of_a.any():  # of an interrupt, before a row of either was searched
            raise KeyboardInterrupt
        split = sizes["train"], sizes["held_out"]
        found = contrast(near, of_a, split, n_relabelings=n_relabelings, **options)
    with one_thread():
        assumptions = check(inputs, near, None, metric, rng, facts)
    told = [*inputs.notes]
    if len(done) < len(order):
        told.append(f"interrupted: {len(done):,} of {len(order):,} generated rows were searched: of these alone")
    told += [f"{line['check']}? No: {line['finding']}" for line in assumptions if line["holds"] is False]
    greater, less = found.p_values
    told_apart = (near.distances[:, 0] < near.distances[:, -1]).any()
    alike = None if told_apart else "every generated row is as near to all other rows as to its nearest"
    stamp = {
        "rows": sizes | {"a": int(of_a.sum()), "b": int((~of_a).sum())},
        "kind": inputs.kind.name,
        "features": rows["train"].shape[1],
        "columns_read": [column._asdict() for column in inputs.columns_read],
        "metric": metric,
        "n_relabelings": n_relabelings,
        "random_state": random_state if random_state is None else str(random_state),
        "versions": versions(),
    }
    return Comparison(
        p_value=min(1.0, 2 * min(greater, less)),
        p_greater=greater,
        p_less=less,
        doses=dict(zip(_SIDES, found.doses, strict=True)),
        dose_intervals=dict(zip(_SIDES, found.dose_intervals, strict=True)),
        dose_difference=found.difference,
        interval=found.interval,
        scores=dict(zip(_SIDES, found.scores, strict=True)),
        broken=broken(inputs, assumptions) or alike,
        warnings=told,
        contrast=found,
        stamp=stamp,
    )
