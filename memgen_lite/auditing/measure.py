"""From rows to hits, to the walk: all of the test, without the reading of inputs before it and the report after it."""

from dataclasses import dataclass, replace

import numpy as np

from ..shared.points import Facts, some_of
from .evidence import Weighed, closeness, exponent, mixed, rarity, shares
from .groups import equal_sizes
from .nearness import Nearness, nearness, ratios_of_the_pool
from .walk import Walk, walk

FIRST = 0.5  # stake of the first space, where there are several; the others have as much of the rest


@dataclass(frozen=True)
class Measurement:
    """The search, the walk over what it hit, and which rows that names.

    Attributes
    ----------
    near : :class:`~memgen_lite.auditing.nearness.Nearness`, in the space that the dose is of.
    walk : :class:`~memgen_lite.auditing.walk.Walk`.
    units : int array (n,), what the walk's entries are: rows of the pool that are near some generated row, or groups.
    copies, suspects : lists of dicts: train_row, generated_rows, distance, ratio, and space where there are several;
        those named at rate q, closest first, and if there are none, those above the first held-out row, see
        :class:`~memgen_lite.auditing.walk.Walk`.
    ahead : int array (M,), how many held-out units are nearer to a generated row than the nearest training unit is, and
        beyond : bool array (M,), whether that one is not among the k rows.
    groups : int array (N + K,), as given, or None.
    searched : bool array (N + K,), the rows searched where groups were made equal, see :mod:`.groups`; None for all.
    space : str, the name of the space that the dose is of. nears : dict by name of what was found in each.
    """

    near: Nearness
    walk: Walk
    units: np.ndarray
    copies: list
    suspects: list
    ahead: np.ndarray
    beyond: np.ndarray
    groups: np.ndarray | None = None
    searched: np.ndarray | None = None
    space: str = "as given"
    nears: dict | None = None

    def dose_at(self, held_out):
        """The dose, had so many rows (or groups) been held out of the K that are: its mean over all choices of them.

        The more decoys there are, the more often one of them stands between a copy that trembles and its source, so the
        dose falls with K. Whoever compares doses compares them at one number of held-out rows.

        A generated row is nearest to train where none of those `ahead` is among the ones kept. Where the nearest
        training unit is `beyond` the k rows of the search, what comes after them is of train as often as by chance.
        """
        n, k = self.walk.sizes
        if not 1 <= held_out <= k:
            raise ValueError(f"held_out must be from 1 to {k}, the number held out, got {held_out}")
        share = n / (n + held_out)
        most = int(self.ahead.max())
        gone = np.cumprod([1.0, *(max(k - held_out - i, 0) / max(k - i, 1) for i in range(most))])
        nearest = gone[self.ahead] * np.where(self.beyond, share, 1.0)
        return float((nearest.mean() - share) / (1 - share))


def measure(
    train,
    held_out,
    generated,
    *,
    metric="euclidean",
    groups=None,
    q=0.1,
    n_relabelings=999,
    k=6,
    rng,
    progress=None,
    space="as given",
    spaces=None,
    facts=None,
):
    """Search, walk, and name rows.

    Parameters
    ----------
    train, held_out, generated : real arrays (N, d), (K, d), (M, d).
    groups : None, or an int array (N + K,): rows of one group are relabeled together. None spans both sides.
    progress : None, or called with the number of steps done since its last call: a generated row that is searched, or a
        labeling. An interrupt ends the search, or the relabelings, and what was done of it is taken for all: the first
        rows in the first space, all rows in the spaces that were searched by then.
    space : the name of the space of these rows. spaces : None, or a dict by name of further ones, in which the same
        items are compared: triples of arrays as the above, or functions that search for themselves. Such a one is given
        a bool array (N + K,), which rows to search, or None for all; and k, rng and progress by name. It returns a
        :class:`~memgen_lite.auditing.nearness.Nearness`.
    facts : None, or :class:`~memgen_lite.shared.points.Facts` that know the rows, or get to know them.
    The others are as of :func:`memgen_lite.audit`.

    Returns
    -------
    :class:`Measurement`
    """
    n, both = len(train), len(train) + len(held_out)
    searched = None if groups is None else equal_sizes(groups, n, rng)
    nears, floors = {}, {}
    options = {"k": k, "rng": rng, "progress": progress}
    for name, rows in {space: (train, held_out, generated), **(spaces or {})}.items():
        known = (facts if name == space else None) or Facts()
        try:
            near = _near(rows, searched, n, metric, options, known)
            whole = len(near.rows) == len(generated)
            floors[name] = _by_chance(rows, searched, n, k, metric, rng, known) if spaces and whole else np.ones(1)
        except KeyboardInterrupt:
            if not nears:
                raise
            break
        if whole or not nears:
            nears[name] = near
        if not whole:
            break

    unit = np.arange(both) if groups is None else groups
    of_train = np.zeros(unit.max() + 1, dtype=bool)
    of_train[unit[:n]] = True
    sizes = n, both - n
    if groups is not None:
        kept = np.unique(groups if searched is None else groups[searched])
        sizes = int(of_train[kept].sum()), int((~of_train[kept]).sum())

    parts = [unit[near.rows] for near in nears.values()]
    units = np.unique(parts[0]) if len(parts) == 1 else np.unique(np.concatenate([part.ravel() for part in parts]))
    stakes = [1.0] if len(parts) == 1 else [FIRST] + [(1 - FIRST) / (len(parts) - 1)] * (len(parts) - 1)
    views = [
        View(near, np.searchsorted(units, part), len(units), floors[name] if len(nears) > 1 else None)
        for (name, near), part in zip(nears.items(), parts, strict=True)
    ]
    scores, orders, evidence, closest_in = evidence_of(views, stakes, list(nears))
    weights = np.stack([np.bincount(view.place[:, 0], minlength=len(units)) for view in views])
    found = walk(
        scores,
        of_train[units],
        weights,
        sizes,
        evidence=evidence,
        closest_in=closest_in,
        q=q,
        n_relabelings=n_relabelings,
        rng=rng,
        progress=progress,
    )
    names = list(nears)
    copies, suspects = (_rows(names, views, orders, chosen, scores) for chosen in (found.named, found.suspects))
    seen = views[found.space]
    before = np.cumsum(of_train[units][seen.place], axis=1) == 0  # of the nearest training unit, so of held-out all
    ahead = (before & ~seen.again).sum(axis=1)
    return Measurement(
        seen.near, found, units, copies, suspects, ahead, before[:, -1], groups, searched, names[found.space], nears
    )


def _near(rows, searched, n, metric, options, facts):
    """The search in one space, among the rows that are `searched`; None for all."""
    if callable(rows):
        return rows(searched, **options)
    train, held_out, generated = rows
    if searched is None:
        return nearness(train, held_out, generated, metric=metric, facts=facts, **options)
    near = nearness(some_of(train, searched[:n]), some_of(held_out, searched[n:]), generated, metric=metric, **options)
    index = np.flatnonzero(searched)
    return replace(near, rows=index[near.rows], shared=index[near.shared])


def evidence_of(views, stakes, names):
    """Scores of the units (n,), of the generated rows in each space (M,) by the same measure, weights of the units, and
    the space in which something is closest to each."""
    if len(views) == 1:
        (view,) = views
        evidence = {"closeness": Weighed(0.5, view.closeness), "lean": Weighed(0.25, view.lean)}
        return view.scores, [view.order], evidence, None
    # A unit's score is the least of its spaces, each divided by its stake: one order, that knows no label.
    orders = [view.order - np.log(stake) for view, stake in zip(views, stakes, strict=True)]
    by_space = np.full((len(views), len(views[0].scores)), np.inf)
    for scores, view, order in zip(by_space, views, orders, strict=True):
        np.minimum.at(scores, view.place[:, 0], order)
    evidence = {"closeness": Weighed(0.25, mixed(np.stack([view.closeness for view in views]), stakes))}
    for i, (name, view, stake) in enumerate(zip(names, views, stakes, strict=True)):
        evidence[f"closeness, {name}"] = Weighed(0.25 * stake, view.closeness, i)
        evidence[f"lean, {name}"] = Weighed(0.25 * stake, view.lean, i)
    return by_space.min(axis=0), orders, evidence, by_space.argmin(axis=0)


def _by_chance(rows, searched, n, k, metric, rng, facts):
    if callable(rows):
        return np.ones(1)
    train, held_out, _ = rows
    if searched is None:
        return ratios_of_the_pool(train, held_out, k=k, metric=metric, rng=rng, facts=facts)
    sides = some_of(train, searched[:n]), some_of(held_out, searched[n:])
    return ratios_of_the_pool(*sides, k=k, metric=metric, rng=rng)


class View:
    """What one space says of each unit: its least ratio, how close it is, and how much it is leaned on.

    `by_chance` are ratios of real rows among themselves; None where there is this space alone, and no other to compare
    with. In a space where many real rows are nearly equal, so
    small a ratio is no rare thing: u of :func:`.evidence.closeness` is then at least the share of them that is smaller.
    """

    def __init__(self, near, place, count, by_chance):
        self.near, self.place = near, place
        self.scores = np.full(count, np.inf)
        np.minimum.at(self.scores, place[:, 0], near.ratio)
        power, self.k = exponent(near.distances), near.distances.shape[1]
        # In a generated row's list only the nearest row of a group counts, so that large groups are leaned on no more.
        again = [(place[:, j : j + 1] == place[:, :j]).any(axis=1) for j in range(place.shape[1])]
        self.again = np.stack(again, axis=1)
        share = shares(np.where(self.again, np.inf, near.distances), power)
        leaned_on = np.bincount(place.ravel(), share.ravel(), minlength=count)
        self.closeness = closeness(self.scores, power, self.k) * np.isfinite(self.scores)
        self.lean = np.sqrt(leaned_on)  # the root, so that a few rows that many lean on are not everything
        self.order = near.ratio
        if by_chance is not None:
            least = np.log(self._share(near.ratio, by_chance))
            self.order = rarity(near.ratio, power, self.k)
            # Those that are equal by it stay in the order of their ratios.
            self.order = np.maximum(self.order, least) + 1e-9 * np.maximum(self.order, -100)
            self.closeness = np.minimum(self.closeness, np.log1p(0.1 / self._share(self.scores, by_chance)))

    @staticmethod
    def _share(ratios, by_chance):
        """Of the real rows that have so small a ratio, less one, for a single one says little; 1e-12 for none."""
        return np.maximum(np.searchsorted(by_chance, ratios, "right") - 1, 1e-12) / len(by_chance)


def _rows(names, views, orders, named, scores):
    """The training rows of named units, with the generated rows that sit on them as closely as the last one named."""
    if not named.any():
        return []
    found, last = {}, scores[named].max()
    for name, view, order in zip(names, views, orders, strict=True):
        near = view.near
        close = np.flatnonzero(named[view.place[:, 0]] & (order <= last))
        for row, i in zip(near.row[close].tolist(), close.tolist(), strict=True):
            found.setdefault(row, []).append((order[i], i, near.distance[i], near.ratio[i], name))
    copies = []
    for row, lines in found.items():
        lines.sort()
        _, _, distance, ratio, name = lines[0]
        copy = {
            "train_row": row,
            "generated_rows": list(dict.fromkeys(line[1] for line in lines)),
            "distance": float(distance),
            "ratio": float(ratio),
        }
        copies.append(copy | ({"space": name} if len(names) > 1 else {}) | {"order": float(lines[0][0])})
    copies.sort(key=lambda copy: (copy["order"], copy["distance"], copy["train_row"]))
    for copy in copies:
        del copy["order"]
    return copies
