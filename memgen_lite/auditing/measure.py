"""From rows to hits, to the walk: all of the test, without the reading of inputs before it and the report after it."""

from dataclasses import dataclass, replace

import numpy as np

from .evidence import closeness, exponent, shares
from .groups import equal_sizes
from .nearness import Nearness, nearness
from .walk import Walk, walk


@dataclass(frozen=True)
class Measurement:
    """The search, the walk over what it hit, and which rows that names.

    Attributes
    ----------
    near : :class:`~memgen_lite.auditing.nearness.Nearness`. walk : :class:`~memgen_lite.auditing.walk.Walk`.
    units : int array (n,), what the walk's entries are: rows of the pool that are near some generated row, or groups.
    copies, suspects : lists of dicts: train_row, generated_rows, distance, ratio; those named at rate q, closest first,
        and if there are none, those above the first held-out row, see :class:`~memgen_lite.auditing.walk.Walk`.
    ahead : int array (M,), how many held-out units are nearer to a generated row than the nearest training unit is, and
        beyond : bool array (M,), whether that one is not among the k rows.
    groups : int array (N + K,), as given, or None.
    searched : bool array (N + K,), the rows searched where groups were made equal, see :mod:`.groups`; None for all.
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
):
    """Search, walk, and name rows.

    Parameters
    ----------
    train, held_out, generated : real arrays (N, d), (K, d), (M, d).
    groups : None, or an int array (N + K,): rows of one group are relabeled together. None spans both sides.
    progress : None, or called with the number of steps done since its last call: a generated row that is searched, or a
        labeling. An interrupt ends the search, or the relabelings, and what was done of it is taken for all.
    The others are as of :func:`memgen_lite.audit`.

    Returns
    -------
    :class:`Measurement`
    """
    n, both = len(train), len(train) + len(held_out)
    searched = None if groups is None else equal_sizes(groups, n, rng)
    if searched is not None:
        train, held_out = train[searched[:n]], held_out[searched[n:]]
    near = nearness(train, held_out, generated, k=k, metric=metric, rng=rng, progress=progress)
    if searched is not None:
        index = np.flatnonzero(searched)
        near = replace(near, rows=index[near.rows], shared=index[near.shared])
    unit = np.arange(both) if groups is None else groups
    of_train = np.zeros(unit.max() + 1, dtype=bool)
    of_train[unit[:n]] = True
    sizes = n, both - n
    if groups is not None:
        kept = np.unique(groups if searched is None else groups[searched])
        sizes = int(of_train[kept].sum()), int((~of_train[kept]).sum())

    units, place = np.unique(unit[near.rows], return_inverse=True)
    place = place.reshape(near.rows.shape)
    scores = np.full(len(units), np.inf)
    np.minimum.at(scores, place[:, 0], near.ratio)
    power = exponent(near.distances)
    # In a generated row's list only the nearest row of a group counts, so that large groups are leaned on no more.
    again = [(place[:, j : j + 1] == place[:, :j]).any(axis=1) for j in range(place.shape[1])]
    again = np.stack(again, axis=1)
    share = shares(np.where(again, np.inf, near.distances), power)
    leaned_on = np.bincount(place.ravel(), share.ravel(), minlength=len(units))
    evidence = {
        "closeness": (0.5, closeness(scores, power, near.distances.shape[1]) * np.isfinite(scores)),
        "lean": (0.25, np.sqrt(leaned_on)),  # the root, so that a few rows that many lean on are not everything
    }
    weights = np.bincount(place[:, 0], minlength=len(units))
    options = {"evidence": evidence, "q": q, "n_relabelings": n_relabelings, "rng": rng, "progress": progress}
    found = walk(scores, of_train[units], weights, sizes, **options)
    copies, suspects = (_rows(near, chosen, place[:, 0], scores) for chosen in (found.named, found.suspects))
    before = np.cumsum(of_train[units][place], axis=1) == 0  # of the nearest training unit, so of held-out all
    ahead = (before & ~again).sum(axis=1)
    return Measurement(near, found, units, copies, suspects, ahead, before[:, -1], groups, searched)


def _rows(near, named, unit, scores):
    """The training rows of named units, with the generated rows that sit on them as closely as the last one named."""
    if not named.any():
        return []
    close = np.flatnonzero(named[unit] & (near.ratio <= scores[named].max()))
    close = close[np.lexsort((close, near.ratio[close], near.row[close]))]
    copies = [
        {
            "train_row": int(near.row[rows[0]]),
            "generated_rows": rows.tolist(),
            "distance": float(near.distance[rows[0]]),
            "ratio": float(near.ratio[rows[0]]),
        }
        for rows in np.split(close, np.flatnonzero(np.diff(near.row[close])) + 1)
    ]
    return sorted(copies, key=lambda copy: (copy["ratio"], copy["distance"], copy["train_row"]))
