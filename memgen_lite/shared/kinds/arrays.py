"""Arrays of numbers, a row each: what is measured is what was given."""

from functools import partial
from html import escape

import numpy as np

from ..checks import finite, least_and_most
from ..html import changed
from ..row_bytes import pure, values_by_role
from ..shards import Shards
from .base import Kind, refused
from .grain import coarsest, grids, on_grid
from .key_columns import doubts_of_array
from .units import doubts_of_units

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
        return _each(partial(np.delete, obj=list(ignore), axis=1), items)

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
        floats = [X.dtype for X in samples.values() if X.dtype.kind == "f"]
        if floats:
            dtype = coarsest(samples, notes) or floats[0]
            # Integers beside floats become floats, so that both are compared by value.
            samples = {role: X.astype(dtype, copy=False) for role, X in samples.items()}
        if self._DIMENSIONS == (2,):
            samples = _one_grid(samples, notes)
            notes += doubts_of_array({role: X for role, X in samples.items() if role != "generated"})
        notes += doubts_of_units(samples, self._DIMENSIONS == (2,))
        return samples

    def rows(self, samples):
        return {role: X if X.ndim == 2 else X.reshape(len(X), -1) for role, X in samples.items()}

    def same(self, samples):
        rows = self.rows(samples)
        dtypes = {X.dtype for X in rows.values()}
        if len(dtypes) > 1 and all(dtype.kind in "iub" for dtype in dtypes):  # as numbers with a sign: all of 64 bits
            rows = {role: _each(_signed, X) for role, X in rows.items()}
        elif len(dtypes) > 1:
            rows = {role: X.astype(np.float64) for role, X in rows.items()}
        return values_by_role(rows)

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


def _each(function, X):
    """A function of rows, of an array or of shards."""
    return X.mapped(function) if isinstance(X, Shards) else function(X)


def _signed(X):
    return np.hstack([X < 0, X.astype(np.int64).view(np.uint64)])


def _finite(X, role):
    X = X if X.ndim == 2 else X.reshape(len(X), -1)
    try:
        finite(X, role)
    except ValueError as error:
        if not np.isnan(least_and_most(X, axis=None)[0]):
            raise
        raise ValueError(f"{error}; of a table, pandas.DataFrame({role}), missing values are accounted for") from None


def _one_grid(samples, notes):
    """The samples, with those columns rounded that have been rounded on one side."""
    for column, (places, told) in grids(samples).items():
        notes.append(f"column {column}: {told}")
        rounded = partial(_column_on_grid, column=column, places=places)
        samples = {role: _each(rounded, X) for role, X in samples.items()}
    return samples


def _column_on_grid(X, column, places):
    X = X.astype(X.dtype if X.dtype.kind == "f" or X.dtype == np.uint64 else np.int64)
    X[:, column] = on_grid(X[:, column], places)
    return X


def short(value):
    """A value of a cell in a few characters."""
    return f"{value:.6g}" if isinstance(value, float | np.floating) else str(value)[:80]
