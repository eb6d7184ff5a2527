"""Arrays of numbers, a row each: what is measured is what was given."""

from html import escape

import numpy as np

from ..checks import finite
from ..html import changed
from ..row_bytes import pure, values
from .base import Kind, refused

ARRAYS = (np.ndarray, np.memmap)  # a memmap is an array that happens to be in a file; other subclasses mean something
_CELLS = 12


class Arrays(Kind):
    """Arrays (n, d) of real numbers, taken as they are; floats are rounded to the least precise of the samples."""

    name = "array"
    legend = "Where they differ, what stands in the training row is struck out, and what was generated is underlined."
    _DIMENSIONS = (2,)

    def read(self, X):
        return X if isinstance(X, np.ndarray) and X.dtype.kind in "fiub" and X.ndim in self._DIMENSIONS else None

    def without(self, items, ignore, role):
        if missing := [i for i in ignore if i not in range(items.shape[1])]:
            raise ValueError(f"ignore must name columns of {role}, 0 to {items.shape[1] - 1}, got {missing}")
        return np.delete(items, list(ignore), axis=1)

    def aligned(self, samples, notes):
        first = next(iter(samples))
        shapes = {role: X.shape[1:] for role, X in samples.items()}
        for role, shape in shapes.items():
            if shape != shapes[first]:
                raise ValueError(f"{role} must have rows of shape {shapes[first]} as {first} has, got {shape}")
            if not np.prod(shape):
                raise ValueError(f"{role} must have a feature at least, got rows of shape {shape}")
        for role, X in samples.items():
            _finite(X, role)
        floats = {role: X for role, X in samples.items() if X.dtype.kind == "f"}
        if floats:
            dtype = coarsest(floats, notes) or next(iter(floats.values())).dtype
            # Integers beside floats become floats, so that both are compared by value.
            samples = {role: X.astype(dtype, copy=False) for role, X in samples.items()}
        if {"train", "generated"} <= {*samples}:
            notes += _units(samples["train"], samples["generated"])
        return samples

    def rows(self, samples):
        return {role: X if X.ndim == 2 else X.reshape(len(X), -1) for role, X in samples.items()}

    def same(self, samples):
        rows = self.rows(samples)
        dtypes = {X.dtype for X in rows.values()}
        if len(dtypes) > 1 and all(dtype.kind in "iub" for dtype in dtypes):  # as numbers with a sign: all of 64 bits
            rows = {role: np.hstack([X < 0, X.astype(np.int64).view(np.uint64)]) for role, X in rows.items()}
        elif len(dtypes) > 1:
            rows = {role: X.astype(np.float64) for role, X in rows.items()}
        ends = np.cumsum([len(X) for X in rows.values()])[:-1]
        return dict(zip(rows, np.split(values(*rows.values()), ends), strict=True))

    def key(self, item):
        if isinstance(item, np.character):
            return (type(item), item.tobytes())
        kind = "array" if type(item) in ARRAYS else type(item)
        return (kind, item.dtype, item.shape, pure(np.asarray(item)).tobytes())

    def pack(self, items):
        first = items[0]
        for i, item in enumerate(items):
            if (item.dtype, item.shape) != (first.dtype, first.shape):
                raise refused(
                    f"X is ragged: X[{i}] has shape {item.shape} and dtype {item.dtype}, X[0] has shape {first.shape} "
                    f"and dtype {first.dtype}",
                    "rows of one shape and dtype",
                    ValueError,
                )
        is_array = type(first) in ARRAYS
        if first.dtype.hasobject or (is_array and not first.ndim):
            what = "dtype object" if first.dtype.hasobject else "no axes, which would come back as numbers"
            raise refused(f"X holds arrays of {what}", "rows of one plain dtype")
        if not is_array and first.dtype.kind == "S" and any(item.endswith(b"\0") for item in items):
            raise refused("X holds a bytes_ that ends in a zero byte, which NumPy's arrays drop")
        rows = np.empty((len(items), *first.shape), dtype=first.dtype)  # np.stack turns the bytes of big-endian ones
        for i, item in enumerate(items):
            rows[i] = item
        return "arrays", rows

    def text(self, one, two):
        return ", ".join(f"{name} {a}" if a == b else f"{name} {a} -> {b}" for name, a, b in self.cells(one, two))

    def html(self, one, two, *, train, places):
        cells = (f"{escape(name)} {changed(a, b, ' ')}" for name, a, b in self.cells(one, two))
        return "; ".join(cells)

    def cells(self, one, two):
        """(name, value, value) of the 12 columns that differ most, as str, in order."""
        distances = np.abs(one.astype(float) - two.astype(float))
        most = np.sort(np.argsort(-distances, kind="stable")[:_CELLS])
        return [(f"[{i}]", short(one[i]), short(two[i])) for i in most]


def _finite(X, role):
    try:
        finite(X.reshape(len(X), -1), role)
    except ValueError as error:
        if not np.isnan(X).any():
            raise
        raise ValueError(f"{error}; of a table, pandas.DataFrame({role}), missing values are accounted for") from None


def coarsest(samples, notes, what=""):
    """The dtype to which samples of floats, arrays by role, must be rounded so that equal values are equal in all.

    None where all are alike. What counts is what the numbers are, and not only how they are held: those of float32 that
    were written to a file come back as float64, and would then equal no number of full precision. The note is preceded
    by `what`.
    """
    held = {role: _precision(X) for role, X in samples.items()}
    dtypes = sorted({*held.values()}, key=lambda dtype: dtype.itemsize)
    if len(dtypes) < 2 and len({X.dtype for X in samples.values()}) < 2:
        return None
    with np.errstate(over="ignore"):
        fits = (all(np.isinf(X.astype(one)).sum() == np.isinf(X).sum() for X in samples.values()) for one in dtypes)
        dtype = next((one for one, fit in zip(dtypes, fits, strict=True) if fit), dtypes[-1])
    if len(dtypes) > 1:
        found = ", ".join(map(str, dtypes))
        notes.append(
            f"{what}samples of {found} were all rounded to {dtype}"
            if dtype == dtypes[0]
            else f"{what}samples of {found} can't be rounded alike, as some numbers are too large for {dtypes[0]}"
        )
    return dtype


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
    used = given = start = 0
    X, step = X.reshape(-1), 1000
    with np.errstate(over="ignore"):
        while start < len(X):
            part = X[start : start + step]
            part = np.asarray(part[part == part])
            narrow = part.astype(dtype)
            if not np.array_equal(narrow, part):
                return False
            used += np.count_nonzero(narrow.view(bits) & last)
            given += np.count_nonzero(narrow)
            start, step = start + step, 1_000_000
    return 2 * used > given > 0


def _units(train, generated):
    ends = [(float(X.min()), float(X.max())) for X in (train, generated)]
    real, spread = (high - low for low, high in ends)
    if not real > 0 or 0.1 < spread / real < 10:
        return []
    a, b = (f"{low:.4g} to {high:.4g}" for low, high in ends)
    return [f"train lies in {a} and generated in {b}: the same units?"]


def short(value):
    """A value of a cell in a few characters."""
    return f"{value:.6g}" if isinstance(value, float | np.floating) else str(value)[:80]
