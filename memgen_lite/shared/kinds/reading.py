"""From what was handed in to samples that can be compared."""

import os
from dataclasses import dataclass, replace

import numpy as np

from ..checks import as_array, finite, resolved
from ..shards import Shards
from .arranging import arranged
from .arrays import Arrays
from .base import ColumnRead, Kind
from .frames import Frames
from .images import Images
from .items import ITEMS
from .opening import opened
from .strings import python_strings
from .texts import Texts, valid

ARRAYS = Arrays()
KINDS = (Frames(), Texts(), Images(), ARRAYS)  # in the order in which they are asked
_COLUMNS = 32  # of features, looked at


@python_strings()
def read(X, name="X", *, any_kind=False):
    """The kind of data that `X` is, and its items: an array, a list of str or a frame.

    With `any_kind`, what is of no kind that can be measured is `ITEMS` of :mod:`.items`.

    Raises
    ------
    ValueError : for an empty sample, or items of several shapes.
    TypeError : for what :func:`.opening.opened` refuses, and what is of no kind.
    """
    X = opened(X, name)
    if not len(X):
        raise ValueError(f"{name} must have a row at least, got none")
    try:
        found = arranged(X, name)
    except (ValueError, TypeError):
        if not any_kind:
            raise
        found = X
    if any_kind and hasattr(found, "iloc") and not hasattr(X, "iloc"):
        return ITEMS, X  # records whose features are the reader's own need not be a table
    for kind in KINDS:
        if (items := kind.read(found)) is not None:
            return kind, items
    if any_kind:
        return ITEMS, X
    raise TypeError(
        f"{name} must be an array of real numbers (rows, features), images (n, height, width[, channels]), texts or a "
        f"frame, got {_told(X, found)}"
    )


def _told(X, found):
    """What was given that is of no kind, and how it could be one."""
    what = f"shape {found.shape} of {found.dtype}"
    if found.ndim == 1 and found.dtype.kind == "O" and any(isinstance(one, str) for one in found):
        i = next(i for i, one in enumerate(found) if not isinstance(one, str))
        return f"texts among which number {i} is {found[i]!r:.60}: leave it out, or pass '' for it"
    if found.ndim == 1 and found.dtype.kind == "O" and all(isinstance(one, os.PathLike) for one in found):
        return "names of files: memgen_lite.read_rows(path) reads a file, or a folder of pictures"
    if found.dtype.kind == "S":
        return f"{what}; decode them to str"
    if found.dtype.kind == "c":
        return f"{what}; numpy.hstack([X.real, X.imag]) has real numbers"
    if found.ndim == 1:
        table = hasattr(X, "to_frame") or found.dtype.kind not in "fiub"
        cure = (
            "pandas.DataFrame({'x': X}) makes one column of it" if table else "reshape(-1, 1) makes one feature of it"
        )
        return f"{what}; {cure}"
    return f"{what}; reshape(len(X), -1) makes rows of it" if found.dtype.kind in "fiub" else what


@dataclass(frozen=True)
class Samples:
    """Samples of one kind, ready to be compared.

    Attributes
    ----------
    kind : one of :data:`KINDS`, or `ITEMS`.
    items : dict role -> rows as given, to show: an array, an array of images, a list of str, or a frame.
    rows : dict role -> real array (n, d), whose distances are measured.
    same : dict role -> int array (n,), numbers from 0 on, equal for items that are equal as given.
    notes : list of str, what to know before the result is read.
    columns_read : list of :class:`.base.ColumnRead`, how each column of a table was read, with those that were ignored;
        empty for other kinds.
    labels : dict role -> index of a frame or a series, its rows' own labels; without other containers.
    """

    kind: Kind
    items: dict
    rows: dict
    same: dict
    notes: list
    columns_read: list
    labels: dict
    knowing: str | None = None

    def label(self, role, i):
        """A row's position, with the label of its own that a frame or a series has for it."""
        labels = self.labels.get(role)
        return str(i) if labels is None or labels[i] == i else f"{i} (label {labels[i]})"

    def first(self, n):
        """The same with the first n generated rows only."""
        parts = {name: getattr(self, name) for name in ("items", "rows", "same")}
        return replace(self, **{name: part | {"generated": part["generated"][:n]} for name, part in parts.items()})


@python_strings()
def together(given, features=None, ignore=None, *, streamed=()):
    """Read samples, a dict by role whose first one is what the others must fit, as :class:`Samples`.

    `features`, a function from items to an array (n, d), takes the place of the kind's own rows; it is given what was
    handed in, or that rounded to one precision. `ignore` are columns of tables or arrays to leave out. In the roles
    `streamed`, :class:`~memgen_lite.shared.shards.Shards` of rows of numbers stay where they lie; all else is read.

    Raises
    ------
    ValueError, TypeError : for what is None, empty, not finite, of another kind or shape than the first sample.
    """
    given, (first, *_) = dict(given), given
    kinds, items, notes = {}, {}, []
    named, names = next(((role, X.columns) for role, X in given.items() if isinstance(X, Shards) and X.columns), (0, 0))
    for role, X in given.items():
        if X is None:
            raise ValueError(f"{role} must be rows, got None")
        if isinstance(X, Shards) and X.columns and X.columns != names:
            raise ValueError(
                f"{role} must have the columns of {named}, {names}, got {X.columns}: name them by column=, in one order"
            )
        if role in streamed and isinstance(X, Shards) and X.ndim == 2 and X.dtype.kind in "fiub":
            kinds[role], items[role] = ARRAYS, X
        else:
            given[role] = opened(X, role)  # once, as what is only iterable can be read once
            kinds[role], items[role] = read(given[role], role, any_kind=features is not None)
        if kinds[role] is not kinds[first]:
            raise TypeError(f"{role} must be of the kind of {first}, {kinds[first].name!r}, got {kinds[role].name!r}")
    kind, ignored = kinds[first], []
    if ignore is not None:
        ignore = ignore.tolist() if isinstance(ignore, np.ndarray) else ignore
        known = {name for X in items.values() if hasattr(X, "iloc") for name in X.columns}
        if isinstance(ignore, str | int | np.integer) or (isinstance(ignore, tuple) and ignore in known):
            ignore = [ignore]
        if not isinstance(ignore, list | tuple | set) or not all(map(_name, ignore)):
            raise TypeError(f"ignore must be a column, or a list of them, got {ignore!r:.80}")
        ignore = list(ignore)
        if known and (missing := [name for name in ignore if name not in known]):
            raise ValueError(f"ignore must name columns of {first}, {list(items[first].columns)}, got {missing}")
        ignored = [ColumnRead(valid(str(name)), "ignored", 0, "left out by ignore=") for name in ignore]
        items = {role: kind.without(X, ignore, role) for role, X in items.items()}
    before, items, knowing = items, kind.aligned(items, notes), None
    if features is None:
        rows = kind.rows(items)
    else:
        changed = ignore is not None or any(_changed(before[role], X) for role, X in items.items())
        rows, knowing = featured(features, items if changed else given)
        notes += [knowing] if knowing else []
    resolved(rows)
    labels = {role: X.index for role, X in given.items() if hasattr(X, "iloc")}
    return Samples(kind, items, rows, kind.same(items), notes, kind.columns_read(items) + ignored, labels, knowing)


def _name(column):
    return isinstance(column, str | int | float | tuple | np.number) and not isinstance(column, bool)


def _changed(before, items):
    """Whether numbers were rounded, which features of the reader's own must see too."""
    if _dtypes(before) != _dtypes(items):
        return True
    if hasattr(items, "iloc"):
        return not before.reset_index(drop=True).equals(items.reset_index(drop=True))
    if isinstance(items, Shards):
        return items is not before
    return isinstance(items, np.ndarray) and items is not before and not np.array_equal(items, before)


def _dtypes(items):
    return list(getattr(items, "dtypes", [getattr(items, "dtype", None)]))


def featured(features, items, name="features"):
    """(rows, knowing): what a function makes of items, real arrays (n, d) by role, and what is to be said where it
    knows which sample a row is of, else None.

    Raises
    ------
    ValueError : where it gives no finite real array of a row for each item, as many columns in each sample.
    """
    first = next(iter(items))
    rows = {role: _features(features, X, len(X), f"{name}({role})") for role, X in items.items()}
    width = rows[first].shape[1]
    for role, X in rows.items():
        if X.shape[1] != width:
            raise ValueError(f"{role} must have {width} columns as {name}({first}) has, got {X.shape[1]}")
    return rows, _row_by_row(features, items[first], rows[first], first, name) or _fitted(rows, name)


def _row_by_row(features, items, rows, role, name):
    """What is said where the features of a row depend on those beside it, as of a scaler fitted to each sample."""
    try:
        few = as_array(features(items[:3]), name)
    except Exception:  # whatever it needs more rows for is what is looked for
        few = None
    alike = few is not None and few.shape == rows[:3].shape
    if alike and np.allclose(few, rows[:3], rtol=1e-3, atol=1e-6 * np.abs(rows).max()):
        return None
    return (
        f"{name}({role}[:3]) is not {name}({role})[:3]: features that look at a whole sample know which one it is, "
        "and the test is not exact; fit scalers and projections to other rows, or once to train and held-out together"
    )


def _fitted(rows, name):
    """What is said where columns have mean 0 and no correlation in one sample of real rows, to the last digits.

    So have discriminants and principal components of the rows that they were fitted to. By chance the means of two
    columns, and their correlation, are all within a hundredth of their standard errors once in two million samples.
    """
    for role, X in rows.items():
        X = X[:, :_COLUMNS].astype(np.float64)
        spread = X.std(axis=0)
        Z = X[:, spread > 1e-6 * spread.max()]
        Z = Z / Z.std(axis=0)
        off = np.abs(Z.T @ Z / len(Z) - np.eye(Z.shape[1])).max(initial=0), np.abs(Z.mean(axis=0)).max(initial=0)
        if role in ("train", "held_out") and Z.shape[1] > 1 and max(off) * np.sqrt(len(Z)) < 0.01:
            return (
                f"columns of {name}({role}) have mean 0 and no correlation, to the last digits: a projection fitted "
                f"to {role} alone knows its rows, and the test is not exact; fit projections to other rows, or once to "
                "train and held-out together"
            )
    return None


def _features(features, items, n, name):
    if isinstance(items, Shards):  # which are too many to be at hand at once
        parts = [_features(features, rows, len(rows), name) for _, rows in items.blocks()]
        return np.concatenate(parts)
    X = as_array(features(items), name)
    if X.ndim != 2 or len(X) != n or X.dtype.kind not in "fiub" or not X.shape[1]:
        raise ValueError(f"{name} must be a real array ({n}, d), got shape {X.shape} of {X.dtype}")
    finite(X, name)
    return X
