"""The audit: rows are read, searched and walked through, what is taken for granted is checked, and all is reported.

>>> import numpy as np
>>> rng = np.random.default_rng(0)
>>> T, H, G = rng.normal(size=(3, 500, 8))
>>> G[:25] = T[:25] + 0.05 * rng.normal(size=(25, 8))   # one in twenty is copied, with a jitter
>>> found = audit(T, H, G)
>>> found.p_value, len(found.copies), found.resolution
(0.001, 27, 10)
>>> audit(T, H, rng.normal(size=(500, 8))).copies.empty
True
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..shared.checks import number, one_of, shown, whole
from ..shared.devices import where_they_lie
from ..shared.engines import using
from ..shared.parallel import one_thread
from ..shared.points import Facts
from ..shared.progress import bar
from ..shared.randomness import generator
from ..shared.stamp import versions
from ..shared.types import Data, RandomState
from .checks import check
from .exact import standing
from .groups import group_numbers
from .inputs import ROLES, read, something_held_out
from .leakage import leakage
from .measure import measure
from .report import CopyAudit
from .spaces import chosen
from .walk import FEWEST, TOO_LOW, smallest_p

_FEW = 20


@where_they_lie
def audit(
    train: Data,
    held_out: Data,
    generated: Data,
    *,
    metric: str = "euclidean",
    features: Callable[[Any], Any] | None = None,
    groups: Any = None,
    ignore: Any = None,
    spaces: Any = "auto",
    q: float = 0.1,
    n_relabelings: int = 999,
    random_state: RandomState = 0,
    engine: Any = None,
) -> CopyAudit:
    """Test whether a generator leans on its training rows, tell how much, and name the rows.

    Held-out rows stand among the training rows as decoys. To a generator that is blind, however good or bad it is, the
    labels "train" and "held out" are exchangeable: the p-value is exact in finite samples, for any generator, dimension
    and size. It sees no copying of rows that train and held-out share (where they nearly share them, the dose is too
    low), none that is not near in any of the `spaces` looked at, and nothing where held-out rows are not a random part
    of the same data; the assumptions that can be looked at are. Who audits several generators, or several splits, has
    more than one chance to be unlucky: :func:`memgen_lite.audit_together` corrects for that.

    An interrupt (Ctrl-C) ends the search, or the relabelings, and the rows and spaces searched by then, or the
    relabelings dealt, make the audit. It is as exact, since who interrupts knows no result; a warning says how many
    they are. With fewer than 256 rows or 19 relabelings, or outside of both parts, the interrupt is raised.

    Parameters
    ----------
    train, held_out, generated : arrays (rows, features), images (n, height, width[, channels]), lists of strings, or
        frames with numeric, time and categorical columns; see :mod:`memgen_lite.shared.kinds` for how they are
        compared. Train and held-out may be :func:`memgen_lite.shards`, whose rows are read part by part and never all
        at once. They may be memory-mapped, or lie on a graphics card, which computes products then. A large
        `generated` may be thinned beforehand, `train` may not: that hides the sources.
    metric : "euclidean" or "cosine".
    features : None, or a function from such items to an array (n, d), in which they are compared; of one row at a time,
        and fitted to other rows, or to train and held-out together. Else it gathers rows of train as a copier does.
    groups : None, or a pair of arrays, labels of the training and of the held-out rows: rows of one group (a patient, a
        video) are relabeled together.
    ignore : None, or the columns of frames or arrays to leave out, such as keys: a name, a number, or a list of them.
    spaces : further ways to compare the same items, so that a copy that was turned, cut or recolored is seen. There is
        one set of relabelings for all, so that the test stays exact; in its scores the first space weighs as much as
        the others together. "auto": for images mirrored, shifted, each half, brightness and contrast made equal, and
        gradients; for frames ranks, and each column left out; for texts spans of words that stand in both, case-folded
        characters, and words; for arrays, whose numbers may mean anything, and with `features`, none, and none where
        all together would take long, which a warning says. "all": these at any cost. None: the first alone. Or a dict
        by name of functions as `features`; where one of them fails, nothing is audited.
    q : the false discovery rate among the rows named, above 0 and below 1.
    n_relabelings : int from 19 on; no p-value is below 1 / (1 + n_relabelings).
    random_state : int, Generator, RandomState or None: ties, relabelings, and the sample that is checked.
    engine : None; or an Executor of `concurrent.futures`, or a `dask.distributed.Client`, whose workers read and search
        the rows of train and held-out, parts of some 64 MiB each. The result is the same to the bit; an interrupt
        before all parts are searched leaves none.

    Returns
    -------
    :class:`CopyAudit`

    Raises
    ------
    ValueError, TypeError : for what can't be audited, with the reason; see also `CopyAudit.warnings`.
    """
    q = number(q, "q", above=0, below=1)
    n_relabelings = whole(n_relabelings, "n_relabelings", FEWEST)  # for p-values that reach 1/20
    metric = one_of(metric, "metric", ("euclidean", "cosine"))
    if features is not None and not callable(features):
        raise TypeError(f"features must be a function from items to an array, or None, got {shown(features)}")
    with using(engine):
        return _audited(
            train, held_out, generated, metric, features, groups, ignore, spaces, q, n_relabelings, random_state
        )


def _audited(train, held_out, generated, metric, features, groups, ignore, spaces, q, n_relabelings, random_state):
    inputs = read(train, held_out, generated, features, ignore)
    something_held_out(inputs)
    rng = generator(random_state)
    sizes = {role: len(inputs.rows[role]) for role in ROLES}
    space, further, notes, knowing = chosen(spaces, inputs, features)
    inputs = replace(inputs, notes=inputs.notes + notes, knowing=inputs.knowing or knowing)
    units = None if groups is None else group_numbers(groups, (sizes["train"], sizes["held_out"]))
    facts = Facts()
    steps = sizes["generated"] * (1 + len(further)) + 1 + n_relabelings
    with bar(steps, "Auditing", "step") as progress:
        found = measure(
            *inputs.rows.values(),
            metric=metric,
            groups=units,
            q=q,
            n_relabelings=n_relabelings,
            rng=rng,
            progress=progress.update,
            space=space,
            spaces=further,
            facts=facts,
        )
    done, dealt = len(found.near.rows), len(found.walk.null)
    cut = _cut(done, sizes["generated"], "generated rows were searched: an audit of these alone")
    cut += _cut(len(found.nears), 1 + len(further), "spaces were looked at") if not cut else []
    cut += _cut(dealt, n_relabelings, "relabelings were done")
    inputs, sizes["generated"] = inputs.first(done), done
    with one_thread():
        assumptions = check(inputs, found.near, units, metric, rng, facts)
        del facts  # with copies in single precision
        rows = inputs.rows.values()
        leaked = leakage(*rows, units, found.searched, n_relabelings=n_relabelings, rng=rng)
    hits = np.bincount(found.near.row, minlength=sizes["train"] + sizes["held_out"])
    stamp = {
        "rows": sizes,
        "kind": inputs.kind.name,
        "features": inputs.rows["train"].shape[1],
        "columns_read": [column._asdict() for column in inputs.columns_read],
        "metric": metric,
        "spaces": list(found.nears),
        "q": q,
        "unevenness": float((hits.var() - hits.mean()) / hits.mean() ** 2),
        "n_relabelings": dealt,
        "groups": None if units is None else int(units.max()) + 1,
        "random_state": random_state if random_state is None else str(random_state),
        "versions": versions(),
    }
    return CopyAudit(inputs, found, leaked, assumptions, cut + _warnings(inputs, found, assumptions, units), stamp)


def _cut(done, asked, what):
    return [f"interrupted: the first {done:,} of {asked:,} {what}"] if done < asked else []


def _warnings(inputs, found, assumptions, units):
    n, held, many = (len(inputs.rows[role]) for role in ROLES)
    lines = [*inputs.notes]
    for count, role in ((n, "training"), (held, "held-out")):
        if count < _FEW:
            least = smallest_p(len(found.walk.order), found.walk.sizes, len(found.walk.null))
            lines.append(f"only {count} {role} rows: no p-value below {least:.2g} can be reached with these hits")
    if many < _FEW:
        lines.append(f"only {many} generated rows: a copier of less than one in {max(many // 3, 1)} would go unseen")
    if found.searched is not None:
        drawn = int(np.bincount(units[found.searched]).max())
        lines.append(
            "groups of train and of held-out differ in size, and of a larger group some row is always nearer: so "
            f"{drawn} row{'s' * (drawn > 1)} of each of {sum(found.walk.sizes):,} groups were searched, drawn by "
            "chance; the others can't be named"
        )
    if units is not None and min(found.walk.sizes) < _FEW:
        to_train, kept = found.walk.sizes
        lines.append(f"only {to_train} groups to train on and {kept} held out: a group counts as one row")
    lines += [f"{line['check']}? No: {line['finding']}" for line in assumptions if line["holds"] is False]
    stands = standing(inputs.same)
    if known := np.count_nonzero((stands["held_out"] & ~stands["train"])[inputs.same["generated"]]):
        lines.append(
            f"{known:,} of {many:,} generated rows equal a held-out row: was the model trained on them, or were "
            "arrays mixed up?"
        )
    if found.walk.p_low <= TOO_LOW:
        lines.append(
            f"generated rows are nearer to held-out rows than chance explains (dose {found.walk.dose:+z.2f}, p = "
            f"{found.walk.p_low:.2g}), so the dose means nothing: held-out is not a random "
            "part of the data, or the model has seen it, or rows of train resemble each other as those of held-out do "
            "not (if they belong together, pass groups=)"
        )
    elif found.walk.p_swapped <= TOO_LOW:
        lines.append(
            f"with the roles of train and held-out swapped, p = {found.walk.p_swapped:.2g}: generated rows sit on "
            "held-out rows more closely than chance explains; has the model seen some of them?"
        )
    return lines
