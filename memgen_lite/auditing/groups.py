"""Rows in groups, such as the records of a patient: which group each is of, and where sizes differ, as many of each."""

import numpy as np

from ..shared.checks import items

_DIFFER = 0.2  # p-value of the sizes below which they are made equal


def group_numbers(groups, sizes):
    """Groups of train and held-out rows, a pair of arrays, as one int array; ValueError where one spans both."""
    import pandas as pd

    names = []
    if not isinstance(groups, tuple | list) or len(groups) != 2:
        raise ValueError("groups must be a pair: one label for each training row, and one for each held-out row")
    for side, role, size in zip(groups, ("train", "held_out"), sizes, strict=True):
        names.append(items(side, "groups"))
        if names[-1].shape != (size,):
            raise ValueError(
                f"groups must have one label for each of the {size} {role} rows, got shape {names[-1].shape}"
            )
        labels = np.array(side, dtype=object) if isinstance(side, list | tuple) else names[-1]  # else nan is a word
        if len(missing := np.flatnonzero(pd.isna(labels))):
            raise ValueError(f"groups must have a label for each row, got none for {role} rows {missing[:3].tolist()}")
    try:
        spanning = np.intersect1d(*names)
    except TypeError:  # numbers beside words, which have no order
        kinds = sorted({type(one).__name__ for side in names for one in side.tolist()})
        raise TypeError(f"groups must be labels of one type, got {', '.join(kinds)}") from None
    if len(spanning):
        raise ValueError(
            f"groups: {len(spanning)} have rows in train and in held_out, such as {spanning[:3].tolist()}: "
            "held out is a group of which the model has seen no row"
        )
    return np.unique(np.concatenate(names), return_inverse=True)[1].ravel()


def equal_sizes(groups, n_train, rng):
    """Which rows to search, a bool array (N + K,), so that a group's size says nothing of its side; None for all.

    The more rows a group has, the nearer is one of them to whatever is generated. Where groups of train and of held-out
    differ in size beyond what a split by chance explains, so many rows are drawn from each group, by chance, that all
    have the same number, and smaller groups are left out. The number is that which keeps most: of the least number of
    groups on a side, times itself. It is found from the sizes alone, before anything is searched.
    """
    counts = np.bincount(groups)
    of_train = np.zeros(len(counts), dtype=bool)
    of_train[groups[:n_train]] = True
    if len(np.unique(counts)) == 1 or _p_of_sizes(counts, of_train, rng) >= _DIFFER:
        return None
    choices = np.unique(counts)
    rows = [size * min(np.sum(counts[of_train] >= size), np.sum(counts[~of_train] >= size)) for size in choices]
    size = choices[int(np.argmax(rows))]
    order = rng.permutation(len(groups))
    place = np.empty(len(groups), dtype=int)  # of each row within its group, by chance
    starts = np.cumsum(counts) - counts
    place[order[np.argsort(groups[order], kind="stable")]] = np.arange(len(groups)) - np.repeat(starts, counts)
    return (place < size) & (counts >= size)[groups]


def _p_of_sizes(counts, of_train, rng, relabelings=999):
    """Of the sums of sizes, and of their squares, on either side: the lesser p-value of the two, doubled."""
    values = np.stack([counts, counts.astype(float) ** 2])
    labels = rng.permuted(np.tile(of_train, (relabelings, 1)), axis=1)
    labels = np.concatenate([of_train[None], labels])
    sums = labels @ values.T
    far = np.abs(sums - sums.mean(axis=0))
    return min(1.0, 2 * float((far >= far[0] - 1e-9).mean(axis=0).min()))
