"""How fine numbers and times are held: where samples differ in it, all are made as coarse as the coarsest.

Else a row equals only those that were held as it was, whatever it was copied from.
"""

import numpy as np

from ..checks import least_and_most

_FINEST, _COARSEST = 6, -3  # decimal places
_ENOUGH = 20  # values that are all on a grid by no chance
_STEPS = {"days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1, "milliseconds": 1e-3, "microseconds": 1e-6}


def coarsest(samples, notes, what=""):
    """The dtype of floats to which numbers, arrays by role, must be rounded so that equal ones are equal in all.

    None where all are alike, and where none are floats. What counts is what the numbers are, and not only how they are
    held: those of float32 that were written to a file come back as float64, and would then equal no number of full
    precision. Whole numbers and Decimals, in arrays of integers or of objects, are rounded as the floats beside them
    are. The note is preceded by `what`.
    """
    held = {role: _precision(X) for role, X in samples.items() if X.dtype.kind == "f"}
    dtypes = sorted({*held.values()}, key=lambda dtype: dtype.itemsize)
    if not held or (len(dtypes) < 2 and len({X.dtype for X in samples.values()}) < 2):
        return None
    exact = {role: X for role, X in samples.items() if role not in held and len(X)}
    wider = [np.dtype(one) for one in ("f4", "f8") if exact and np.dtype(one).itemsize > dtypes[-1].itemsize]
    dtype = next((one for one in (*dtypes, *wider) if all(_fits(X, one) for X in samples.values())), dtypes[-1])
    if dtype != dtypes[0]:
        found = ", ".join(map(str, [*dtypes, *(["whole numbers"] if exact else [])]))
        notes.append(f"{what}samples of {found} can't be rounded alike, as some numbers are too large for {dtypes[0]}")
    elif len(dtypes) > 1:
        notes.append(f"{what}samples of {', '.join(map(str, dtypes))} were all rounded to {dtype}")
    if rounded := [role for role, X in exact.items() if _loses(X, dtype)]:
        notes.append(f"{what}{', '.join(rounded)} was rounded to {dtype}, as {', '.join(held)} is held so")
    return dtype


def _fits(X, dtype):
    with np.errstate(over="ignore"):
        return all(
            np.isinf(part.astype(dtype)).sum()
            == np.isinf(part if part.dtype.kind == "f" else part.astype(np.float64)).sum()
            for part in _flat(X)
        )


def _loses(X, dtype):
    """Whether exact numbers don't all keep their digits as floats; Decimals do in double precision."""
    if X.dtype.kind == "O" and not all(isinstance(one, int) for one in X.flat):
        return dtype.itemsize < 8
    low, high = least_and_most(X, axis=None)
    return max(-int(low), int(high)) > 2 ** (np.finfo(dtype).nmant + 1)


def _precision(X):
    """The dtype of floats, or the less precise one that all of them are of, and make use of."""
    dtype = X.dtype.newbyteorder("=")
    for name, bits, last in (("f4", "u4", 0xFFF), ("f2", "u2", 0xF)):
        if np.dtype(name).itemsize < dtype.itemsize:
            if not _rounded(X, name, bits, last):
                break
            dtype = np.dtype(name)
    return dtype


def _rounded(X, dtype, bits, last):
    """Whether all values are of a dtype, and most of them to its `last` bits, which counts and halves do not use."""
    used = given = 0
    with np.errstate(over="ignore"):
        for part in _flat(X):
            part = np.asarray(part[part == part])
            narrow = part.astype(dtype)
            if not np.array_equal(narrow, part):
                return False
            used += np.count_nonzero(narrow.view(bits) & last)
            given += np.count_nonzero(narrow)
    return 2 * used > given > 0


def _flat(X):
    """The numbers of an array, or of shards, in parts laid out flat, of which the first is small where it can be."""
    if hasattr(X, "blocks"):
        yield from (rows.reshape(-1) for _, rows in X.blocks())
        return
    X, start, step = X.reshape(-1), 0, 1000
    while start < len(X):
        yield X[start : start + step]
        start, step = start + step, 1_000_000


def grids(samples):
    """Columns of arrays (n, d) by role that were rounded in train and not in held-out, or the other way.

    A dict: column -> (decimal places to round all samples to, from 6 down to -3, what to say of it). Generated rows
    have no part in it: what they are is as near to both. A sample was rounded where 20 numbers or more, and all, have
    so few places; and the other one was not where most of its numbers have more.
    """
    if not {"train", "held_out"} <= {*samples} or any(samples[role].dtype.kind == "O" for role in samples):
        return {}
    real = {role: samples[role] for role in ("train", "held_out")}
    places = {role: _places(X[:1000]) for role, X in real.items()}
    found = {}
    for column in np.flatnonzero(places["train"] != places["held_out"]):
        given = {role: X[:, column] for role, X in real.items()}
        own = {role: int(_places(X[:, None])[0]) for role, X in given.items()}
        coarse, fine = sorted(own, key=own.get)
        if own[coarse] > _FINEST or np.count_nonzero(given[coarse]) < _ENOUGH:
            continue
        more = given[fine][given[fine] != 0]
        if 2 * np.count_nonzero(on_grid(more, own[coarse]) != more) > len(more):
            told = f"{coarse} is rounded to {10.0 ** -own[coarse]:g} and {fine} is not, so all were rounded alike"
            found[int(column)] = own[coarse], told
    return found


def on_grid(X, places):
    """Numbers rounded to decimal places, to the even one of two that are as near: floats in their own dtype.

    Whole numbers come back in 64 bits, so that equal ones of two dtypes stay equal beyond the ends of the narrower.
    """
    if X.dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            return np.round(X, places)
    if places >= 0:
        return X
    if X.dtype.kind not in "iub":
        return np.round(X.astype(np.float64), places).astype(X.dtype)
    wide = X.astype(X.dtype if X.dtype == np.uint64 else np.int64)  # no float has all whole numbers past 2**53
    step, ends = 10**-places, np.iinfo(wide.dtype)
    rest = wide % step
    up = (2 * rest > step) | ((2 * rest == step) & (wide // step % 2 == 1))
    up = (up & (wide <= ends.max - (step - rest))) | (wide < ends.min + rest)  # what is beyond is no such number
    return np.where(up, wide + (step - rest), wide - rest)


def _places(X):
    """(d,): with how few decimal places, from 6 down to -3, each column's numbers are told; 7 where more are needed."""
    found, left = np.full(X.shape[1], _FINEST + 1), np.arange(X.shape[1])
    for places in range(_FINEST, _COARSEST - 1, -1):
        left = left[(on_grid(X[:, left], places) == X[:, left]).all(axis=0)]
        found[left] = places
    return found


def one_step(moments, second):
    """(step, start, what to say) where times were cut to days, hours, ... in train and not in held-out, or the other
    way; None where they are alike.

    `moments` are int arrays by role, of which `second` make a second. All must then be cut to `step` from `start` on.
    """
    if not {"train", "held_out"} <= {*moments} or not all(len(moments[role]) for role in ("train", "held_out")):
        return None
    for coarse, fine in (("train", "held_out"), ("held_out", "train")):
        start = moments[coarse][0]
        if np.count_nonzero(moments[coarse] != start) < _ENOUGH:
            continue
        for name, seconds in _STEPS.items():
            step = round(seconds * second)
            if step > 1 and not ((moments[coarse] - start) % step).any():
                if 2 * np.count_nonzero((moments[fine] - start) % step) > len(moments[fine]):
                    return step, start, f"{coarse} is cut to {name} and {fine} is not, so all were cut alike"
                break
    return None
