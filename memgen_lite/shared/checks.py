"""Checks that several rooms make of what comes in, each with one wording: the argument, what it must be, what it is."""

import math
import numbers
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from .devices import fetched

Bound = float | None


def whole(value: Any, name: str, least: int | None = None, most: int | None = None) -> int:
    """`value` as an int from `least` to `most`; no flag is one, and no float, 3.0 included.

    >>> whole(np.int8(3), "k", 1)
    3
    >>> whole(0, "k", 1)
    Traceback (most recent call last):
        ...
    ValueError: k must be 1 or more, got 0
    """
    within = _Range(least, most)
    try:
        found = None if isinstance(value, bool | np.bool_) else operator.index(value)
    except TypeError:
        found = None
    if found is None:
        raise TypeError(f"{name} must be a whole number{within.after(', ')}, got {shown(value)}")
    if not -(2**63) <= found < 2**63 and within.holds(found):
        raise ValueError(f"{name} must be a whole number of 64 bits{within.after(', ')}, got {shown(value)}")
    return within.checked(found, name)


def number(
    value: Any, name: str, least: Bound = None, most: Bound = None, *, above: Bound = None, below: Bound = None
) -> float:
    """`value` as a finite float, from `least` to `most`, or between `above` and `below` without these.

    >>> number("x", "q", above=0, below=1)
    Traceback (most recent call last):
        ...
    TypeError: q must be a number above 0 and below 1, got 'x'
    """
    within = _Range(least, most, above, below)
    if not isinstance(value, numbers.Real) or isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be a number{within.after(' ')}, got {shown(value)}")
    try:
        value = float(value)
    except OverflowError:  # of an int
        value = math.inf
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number{within.after(' ')}, got {value}")
    return within.checked(value, name)


def numbers_in(
    X: Any,
    name: str,
    least: Bound = None,
    most: Bound = None,
    *,
    above: Bound = None,
    below: Bound = None,
    kinds: str = "fiub",
) -> np.ndarray:
    """`X`, of any shape, as an array of real numbers within the range, all of them finite.

    `kinds` are those that its dtype may have: "iu" for whole numbers.
    """
    within = _Range(least, most, above, below)
    what = "whole numbers" if kinds == "iu" else "numbers"
    found = as_array(X, name)
    if not found.size and found.dtype.kind == "f":  # as an empty list is
        found = found.astype(np.int64 if kinds == "iu" else np.float64)
    if found.dtype.kind not in kinds:
        raise TypeError(f"{name} must be {what}{within.after(', ')}, got {shown(X)}")
    if not (right := within.holds(found) & np.isfinite(found)).all():
        raise ValueError(f"{name} must be {what}{within.after(', ')}, got {found[~right].flat[0]}")
    return found


def unmasked(X: Any, name: str) -> Any:
    """`X`, which is no masked array and holds none: NumPy would take what is under a mask for a value."""
    dtype = getattr(X, "dtype", None)
    several = isinstance(X, list | tuple) or (isinstance(dtype, np.dtype) and dtype.hasobject and X.ndim)
    if isinstance(X, np.ma.MaskedArray) or (several and any(isinstance(item, np.ma.MaskedArray) for item in X)):
        raise TypeError(
            f"{name} must be a plain array, got a masked one; pass {name}.filled(value), or pandas.DataFrame({name}), "
            "whose missing values are accounted for"
        )
    return X


def as_array(X: Any, name: str) -> np.ndarray:
    """`X` as an array, which has lost no mask; where NumPy can't read it, as one of None without axes."""
    unmasked(X, name)
    try:
        found = np.asanyarray(fetched(X))
    except (ValueError, TypeError):  # ragged, or what only says that it is an array
        found = np.array(None)
    return np.asarray(unmasked(found, name))


def one_of(value: Any, name: str, options: Iterable[str]) -> str:
    """`value`, which is one of the `options`, all of them str."""
    if not isinstance(value, str) or value not in options:
        raise ValueError(f"{name} must be one of {', '.join(options)}, got {shown(value)}")
    return value


def items(X: Any, name: str) -> np.ndarray:
    """`X` as an array whose first axis counts, of whatever it holds."""
    found = as_array(X, name)
    if not found.ndim:
        raise TypeError(f"{name} must be an array, or a list of items of one shape, got {shown(X)}")
    return found


def texts_in(X: Any, name: str = "X", *, allow_empty: bool = False) -> list[str]:
    """`X`, of one text or more unless it may be empty, as a list of str."""
    if isinstance(X, str | bytes) or not hasattr(X, "__iter__"):
        raise TypeError(f"{name} must be a list of strings, got {type(X).__name__}; put a single text in a list")
    try:
        texts = list(X)
    except TypeError:  # of what has the method, and nothing to give
        raise TypeError(f"{name} must be a list of strings, got {shown(X)}") from None
    if not texts and not allow_empty:
        raise ValueError(f"{name} must hold one text or more, got none")
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"{name} must be a list of strings, got {type(text).__name__} at position {position}")
    return texts


def able(value: Any, name: str, *methods: str) -> Any:
    """`value`, which has these methods."""
    if missing := [method for method in methods if not callable(getattr(value, method, None))]:
        raise TypeError(f"{name} must have a method {' and '.join(missing)}, got {shown(value)}")
    return value


def fit_together(name: str, X: np.ndarray, other: str, Y: np.ndarray) -> None:
    """Raise ValueError unless two arrays broadcast."""
    try:
        np.broadcast_shapes(X.shape, Y.shape)
    except ValueError:
        raise ValueError(f"{name} and {other} must have shapes that fit, got {X.shape} and {Y.shape}") from None


def flag(value: Any, name: str) -> bool:
    """`value` as a bool, which it must be."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def shown(value: Any) -> str:
    """What was given, in a line of an error."""
    try:
        return " ".join(repr(value)[:200].split())[:80]
    except Exception:  # of the object's own making, and of an int of 5,000 digits
        return f"a {type(value).__name__}"


class _Range:
    def __init__(self, least=None, most=None, above=None, below=None):
        self.least, self.most, self.above, self.below = least, most, above, below

    def holds(self, x):
        right = x == x
        for bound, inside in ((self.least, operator.ge), (self.most, operator.le)):
            right = right if bound is None else right & inside(x, bound)
        for bound, inside in ((self.above, operator.gt), (self.below, operator.lt)):
            right = right if bound is None else right & inside(x, bound)
        return right

    def checked(self, x, name):
        if not self.holds(x):
            raise ValueError(f"{name} must be {self.after('')}, got {f'{x:,}' if abs(x) < 1e30 else shown(x)}")
        return x

    def after(self, before):
        """The range in words, after some others; "" where there is no bound."""
        if self.least is not None and self.most is not None:
            told = [f"from {self.least:,} to {self.most:,}"]
        else:
            told = [f"{x:,} {words}" for x, words in ((self.least, "or more"), (self.most, "or less")) if x is not None]
        told += [f"{words} {x:,}" for x, words in ((self.above, "above"), (self.below, "below")) if x is not None]
        return before * bool(told) + " and ".join(told)


def resolved(samples: dict[str, np.ndarray], least: float = 1e-150) -> None:
    """Raise ValueError where rows (n, d) of a dict by name differ by so little that squared distances are 0."""
    floats = {name: X for name, X in samples.items() if X.dtype.kind == "f" and X.size}
    if not floats:
        return
    ends = [least_and_most(X) for X in floats.values()]
    low = np.min([least for least, _ in ends], axis=0).astype(np.float64)
    high = np.max([most for _, most in ends], axis=0).astype(np.float64)
    if 0 < (widest := float((high - low).max())) < least:
        raise ValueError(
            f"{', '.join(samples)} must differ by {least:g} or more in some column, as distances are squared, got "
            f"{widest:.2g} at most; multiply them"
        )


def finite(X: np.ndarray, name: str, *, limit: float = 1e100, columns: Any = None) -> None:
    """Raise ValueError, which names the first five places, unless all of `X` (n, d) is finite and below `limit`.

    `columns` are the names of the columns, by default their numbers. Larger numbers overflow where they are squared.
    """
    if X.dtype.kind != "f" or not X.size:
        return
    low, high = map(float, least_and_most(X, axis=None))
    if low > -limit and high < limit:
        return
    bad = []
    for start in range(0, len(X), 4096):
        part = np.abs(X[start : start + 4096].astype(np.float64))
        bad += [(start + i, j) for i, j in np.argwhere(~(part < limit))]
    where = ", ".join(
        f"row {i} column {j if columns is None else columns[j]} ({'NaN' if np.isnan(X[i, j]) else f'{X[i, j]:g}'})"
        for i, j in bad[:5]
    )
    more = f" and {len(bad) - 5:,} more" if len(bad) > 5 else ""
    below = "" if limit == np.inf else f" and below {limit:g}".replace("e+", "e")
    raise ValueError(f"{name} must be finite{below}; not so: {where}{more}")


def least_and_most(X: np.ndarray, axis: int | None = 0) -> Any:
    """The least and the largest of an array (n, d), in each column or, for no axis, of all; NaN where there is one."""
    if hasattr(X, "least_and_most"):  # of rows that lie elsewhere
        low, high = X.least_and_most()
        return (low, high) if axis == 0 else (low.min(), high.max())
    if X.dtype != np.float16:
        return X.min(axis=axis), X.max(axis=axis)
    # Processors compare halves one by one; in single precision they are the same numbers.
    parts = (X[i : i + 1024].astype(np.float32) for i in range(0, len(X), 1024))
    ends = np.array([(part.min(axis=0), part.max(axis=0)) for part in parts])
    return ends[:, 0].min(axis=axis), ends[:, 1].max(axis=axis)
