"""From what was handed in to samples that can be compared."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

import numpy as np

from ..checks import finite
from .arrays import Arrays
from .base import ColumnRead, Kind
from .frames import Frames
from .images import Images, as_seen, is_image
from .items import ITEMS
from .texts import Texts

KINDS = (Frames(), Texts(), Images(), Arrays())  # in the order in which they are asked


def opened(X, name="X"):
    """`X` as an array, a frame, a series, a list or a tuple of examples; an iterable is read to its end.

    Raises
    ------
    TypeError : for what is no collection of examples (one string, a number, a mapping, a set), and for what can't be
        taken as it is (a sparse matrix, a masked array).
    """
    if isinstance(X, np.ma.MaskedArray):
        raise TypeError(f"{name} must be a plain array, got a masked one; pass {name}.filled(value)")
    if isinstance(X, np.ndarray):
        if X.ndim == 0:
            raise TypeError(f"{name} must hold examples along its first axis, got a 0-dimensional array of {X.dtype}")
        return X
    if type(X).__module__.partition(".")[0] == "pandas" and hasattr(X, "iloc"):
        return X
    if isinstance(X, str | bytes | bytearray):
        raise TypeError(
            f"{name} must be a collection of examples, got one {type(X).__name__}; for one document pass [text]"
        )
    if hasattr(X, "tocsr"):
        raise TypeError(
            f"{name} must be dense, as sparse data is not supported, got a sparse {type(X).__name__}: pass "
            f"{name}.toarray()"
        )
    if isinstance(X, Mapping | Set):
        raise TypeError(f"{name} must be an ordered collection of examples, got a {type(X).__name__}; pass a list")
    if isinstance(X, list | tuple):
        return X
    if hasattr(X, "__array__"):
        return opened(np.asarray(X), name)  # another library's array: stored, and returned, as NumPy's
    if not hasattr(X, "__iter__"):
        raise TypeError(
            f"{name} must be a collection of examples (array, frame, list or iterable), got {type(X).__name__}"
        )
    return list(X)


def read(X, name="X", *, any_kind=False):
    """The kind of data that `X` is, and its items: an array, a list of str or a frame.

    With `any_kind`, what is of no kind that can be measured is `ITEMS` of :mod:`.items`.

    Raises
    ------
    ValueError : for an empty sample, or items of several shapes.
    TypeError : for what :func:`opened` refuses, and what is of no kind.
    """
    X = opened(X, name)
    if not len(X):
        raise ValueError(f"{name} must have a row at least, got none")
    if not hasattr(X, "iloc") or X.ndim == 1:
        X = _plain(X, name, any_kind)
    for kind in KINDS:
        if (items := kind.read(X)) is not None:
            return kind, items
    if any_kind:
        return ITEMS, X
    hint = "; reshape(-1, 1) makes one feature of it" if X.ndim == 1 and X.dtype.kind in "fiub" else ""
    raise TypeError(
        f"{name} must be an array of real numbers (rows, features), images (n, height, width[, channels]), texts or a "
        f"frame, got shape {X.shape} of {X.dtype}{hint}"
    )


def _plain(X, name, any_kind):
    """A series or a list as an array, where it is one; texts stay a list."""
    if hasattr(X, "to_numpy"):
        X = X.to_numpy()
    if isinstance(X, np.ndarray) or Texts().read(X) is not None:
        return X
    try:
        return np.asarray([np.asarray(as_seen(item)) for item in X] if all(map(is_image, X)) else X)
    except ValueError:
        if any_kind:
            return X
        raise ValueError(f"{name} must be items of one shape, got some that differ") from None


@dataclass(frozen=True)
class Samples:
    """Samples of one kind, ready to be compared.

    Attributes
    ----------
    kind : one of :data:`KINDS`, or `ITEMS`.
    items : dict role -> rows as given, to show: an array, an array of images, a list of str, or a frame.
    rows : dict role -> real array (n, d), whose distances are measured.
    same : dict role -> array (n,), equal for items that are equal as given.
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

    def label(self, role, i):
        """A row's position, with the label of its own that a frame or a series has for it."""
        labels = self.labels.get(role)
        return str(i) if labels is None or labels[i] == i else f"{i} (label {labels[i]})"

    def first(self, n):
        """The same with the first n generated rows only."""
        parts = {name: getattr(self, name) for name in ("items", "rows", "same")}
        return replace(self, **{name: part | {"generated": part["generated"][:n]} for name, part in parts.items()})


def together(given, features=None, ignore=None):
    """Read samples, a dict by role whose first one is what the others must fit, as :class:`Samples`.

    `features`, a function from items to an array (n, d), takes the place of the kind's own rows; it is given what was
    handed in, or that rounded to one precision. `ignore` are columns of tables or arrays to leave out.

    Raises
    ------
    ValueError, TypeError : for what is None, empty, not finite, of another kind or shape than the first sample.
    """
    given, (first, *_) = dict(given), given
    kinds, items, notes = {}, {}, []
    for role, X in given.items():
        if X is None:
            raise ValueError(f"{role} must be rows, got None")
        given[role] = opened(X, role)  # once, as what is only iterable can be read once
        kinds[role], items[role] = read(given[role], role, any_kind=features is not None)
        if kinds[role] is not kinds[first]:
            raise TypeError(f"{role} must be of the kind of {first}, {kinds[first].name!r}, got {kinds[role].name!r}")
    kind, ignored = kinds[first], []
    if ignore is not None:
        ignore = [ignore] if isinstance(ignore, str | int) else list(ignore)
        ignored = [ColumnRead(str(name), "ignored", 0, "left out by ignore=") for name in ignore]
        items = {role: kind.without(X, ignore, role) for role, X in items.items()}
    before, items = items, kind.aligned(items, notes)
    if features is None:
        rows = kind.rows(items)
    else:
        changed = ignore is not None or any(_dtypes(before[role]) != _dtypes(X) for role, X in items.items())
        shown = items if changed else given
        rows = {role: _features(features, shown[role], len(X), role) for role, X in items.items()}
        notes += _row_by_row(features, shown[first], rows[first], first)
        for role, X in rows.items():
            if X.shape[1] != rows[first].shape[1]:
                width = rows[first].shape[1]
                raise ValueError(f"{role} must have {width} columns as features({first}) has, got {X.shape[1]}")
    labels = {role: X.index for role, X in given.items() if hasattr(X, "iloc")}
    return Samples(kind, items, rows, kind.same(items), notes, kind.columns_read(items) + ignored, labels)


def _dtypes(items):
    return list(getattr(items, "dtypes", [getattr(items, "dtype", None)]))


def _row_by_row(features, items, rows, role):
    """A note where the features of a row depend on those beside it, as those of a scaler fitted to each sample do."""
    try:
        few = np.asarray(features(items[:3]))
    except Exception:  # whatever it needs more rows for is what is looked for
        few = None
    alike = few is not None and few.shape == rows[:3].shape
    if alike and np.allclose(few, rows[:3], rtol=1e-3, atol=1e-6 * np.abs(rows).max()):
        return []
    return [
        f"features({role}[:3]) is not features({role})[:3]: features that look at a whole sample know which one it is, "
        "and the test is not exact; fit scalers and projections to other rows, or once to train and held-out together"
    ]


def _features(features, items, n, role):
    X = np.asarray(features(items))
    if X.ndim != 2 or len(X) != n or X.dtype.kind not in "fiub" or not X.shape[1]:
        raise ValueError(f"features({role}) must be a real array ({n}, d), got shape {X.shape} of {X.dtype}")
    finite(X, f"features({role})")
    return X
