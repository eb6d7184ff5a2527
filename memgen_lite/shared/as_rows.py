"""What is handed in, as rows of numbers: arrays, images, strings and tables, checked before anything is computed."""

from dataclasses import dataclass, replace

import numpy as np

from .containers import freeze, is_image
from .row_bytes import keys

ROLES = ("train", "held_out", "generated")
_NO_HELD_OUT = (
    "held_out=None: without rows that the model has never seen there is no test, since closeness to the training rows "
    "means nothing until one knows how close a blind model would come. Set aside at random, before training, a tenth "
    "to a half of the rows (of a model that is trained already: rows gathered in the same way that were not trained "
    "on, such as the validation set if no choice was made by it); mg.audit_plan(dose) says how many are needed"
)
_GRAMS, _WIDTH, _LEVELS = (1, 4), 512, 64


@dataclass(frozen=True)
class Inputs:
    """The three samples.

    Attributes
    ----------
    kind : "array", "image", "text", "table" or "features" (items that only `features` can read).
    items : dict role -> rows as given, to show: an array, an array of images, a list of str, or a frame.
    rows : dict role -> real array (n, d), whose distances are measured.
    same : dict role -> array (n,), equal for items that are equal as given.
    notes : list of str, what to know before the result is read.
    """

    kind: str
    items: dict
    rows: dict
    same: dict
    notes: list

    def first(self, n):
        """The same with the first n generated rows only."""
        parts = {name: getattr(self, name) for name in ("items", "rows", "same")}
        return replace(self, **{name: part | {"generated": part["generated"][:n]} for name, part in parts.items()})


def read(train, held_out, generated, features=None):
    """Check three samples and turn them into rows.

    Arrays (n, d) are taken as they are, images (n, height, width[, channels]) pixel by pixel; floats are rounded to the
    least precise of the three. Strings become counts of their runs of 1 to 4 characters, scaled to length 1 and
    projected onto 512 directions. In a frame, a numeric or time column is divided by its range among the real rows; a
    categorical one counts 1 where two rows differ, 0 where they agree, as in Gower's coefficient (1971), but summed as
    squares; a categorical column of more than 64 levels is taken as strings. `features`, a function from items to an
    array (n, d), replaces all of that.

    Raises
    ------
    ValueError, TypeError : for what is None, empty, not finite, of another kind or shape than train.
    """
    if held_out is None:
        raise ValueError(_NO_HELD_OUT)
    given = dict(zip(ROLES, (train, held_out, generated), strict=True))
    items, kinds = {}, {}
    for role, X in given.items():
        if X is None:
            raise ValueError(f"{role} must be rows, got None")
        if hasattr(X, "__len__") and not hasattr(X, "tocsr") and not len(X):
            raise ValueError(f"{role} must have a row at least, got none")
        kinds[role], items[role] = _items(X, role, features is not None)
        if kinds[role] != kinds["train"]:
            raise TypeError(f"{role} must be of the kind of train, {kinds['train']!r}, got {kinds[role]!r}")
    kind, notes = kinds["train"], []
    if kind in ("array", "image"):
        items = _arrays(items, notes)
    if kind == "table":
        items = _frames(items)
    if features is not None:
        rows = {role: _features(features, given[role], len(X), role) for role, X in items.items()}
        _same_width(rows, "features(train)")
    elif kind in ("array", "image"):
        rows = {role: X.reshape(len(X), -1) for role, X in items.items()}
    elif kind == "text":
        rows = dict(zip(items, _grams(*items.values()), strict=True))
    else:
        rows = _gower(items)
    return Inputs(kind, items, rows, _same(kind, items), notes)


def _items(X, role, any_kind):
    """(kind, items) of one sample."""
    if type(X).__module__.partition(".")[0] == "pandas":
        if X.ndim == 2:
            return "table", X
        X = X.to_numpy()
    if isinstance(X, str | bytes):
        raise TypeError(f"{role} must be a list of strings, got one {type(X).__name__}; for one text pass [text]")
    if hasattr(X, "tocsr"):
        raise TypeError(f"{role} must be dense, got a sparse {type(X).__name__}: pass {role}.toarray()")
    if not isinstance(X, np.ndarray):
        if not hasattr(X, "__array__"):
            if not hasattr(X, "__iter__"):
                raise TypeError(f"{role} must be an array, images, strings or a frame, got {type(X).__name__}")
            X = list(X)
            if X and all(isinstance(item, str) for item in X):
                return "text", X
            if X and all(is_image(item) for item in X):
                X = [np.asarray(item) for item in X]
        try:
            X = np.asarray(X)
        except ValueError:
            if any_kind:
                return "features", X
            raise ValueError(f"{role} must be items of one shape, got some that differ") from None
    if X.dtype.kind in "UO" and X.ndim == 1 and all(isinstance(item, str) for item in X):
        return "text", X.tolist()
    if X.dtype.kind in "fiub" and X.ndim in (2, 3, 4):
        return ("array" if X.ndim == 2 else "image"), X
    if any_kind:
        return "features", X
    hint = "; reshape(-1, 1) makes one feature of it" if X.ndim == 1 and X.dtype.kind in "fiub" else ""
    raise TypeError(
        f"{role} must be an array (rows, features), images (n, height, width[, channels]), strings or a frame, got "
        f"shape {X.shape} of {X.dtype}{hint}"
    )


def _arrays(items, notes):
    shapes = {role: X.shape[1:] for role, X in items.items()}
    for role, shape in shapes.items():
        if shape != shapes["train"]:
            raise ValueError(f"{role} must have rows of shape {shapes['train']} as train has, got {shape}")
        if not np.prod(shape):
            raise ValueError(f"{role} must have a feature at least, got rows of shape {shape}")
    for role, X in items.items():
        _finite(X.reshape(len(X), -1), role)
    floats = [X.dtype for X in items.values() if X.dtype.kind == "f"]
    if floats:
        coarsest = min(floats, key=lambda dtype: dtype.itemsize)
        if len({*floats}) > 1:
            notes.append(f"samples of {', '.join(sorted({*map(str, floats)}))} were all rounded to {coarsest}")
        # Integers beside floats become floats, so that both are compared by value.
        items = {role: X.astype(coarsest, copy=False) for role, X in items.items()}
    ranges = {role: (float(X.min()), float(X.max())) for role, X in items.items()}
    spread, real = ranges["generated"][1] - ranges["generated"][0], ranges["train"][1] - ranges["train"][0]
    if real > 0 and not 0.1 < spread / real < 10:
        notes.append(
            f"train lies in {_span(ranges['train'])} and generated in {_span(ranges['generated'])}: the same units?"
        )
    return items


def _span(ends):
    return f"{ends[0]:.4g} to {ends[1]:.4g}"


def _finite(X, role, columns=None):
    if X.dtype.kind != "f" or (float(X.min()) > -1e100 and float(X.max()) < 1e100):
        return
    blocks = range(0, len(X), 4096)
    bad = [(start + i, j) for start in blocks for i, j in np.argwhere(~(np.abs(X[start : start + 4096]) < 1e100))]
    where = ", ".join(f"row {i} column {j if columns is None else columns[j]}" for i, j in bad[:5])
    more = f" and {len(bad) - 5:,} more" if len(bad) > 5 else ""
    raise ValueError(f"{role} must be finite and below 1e100; not so: {where}{more}")


def _features(features, items, n, role):
    X = np.asarray(features(items))
    if X.ndim != 2 or len(X) != n or X.dtype.kind not in "fiub" or not X.shape[1]:
        raise ValueError(f"features({role}) must be a real array ({n}, d), got shape {X.shape} of {X.dtype}")
    _finite(X, f"features({role})")
    return X


def _same_width(rows, first):
    for role, X in rows.items():
        if X.shape[1] != rows["train"].shape[1]:
            raise ValueError(f"{role} must have {rows['train'].shape[1]} columns as {first} has, got {X.shape[1]}")


def _grams(*samples):
    """For each sample of strings, an array (n, 512): its counts of runs of characters, scaled and projected."""
    from scipy.sparse import vstack
    from sklearn.feature_extraction.text import HashingVectorizer

    counter = HashingVectorizer(analyzer="char", ngram_range=_GRAMS, lowercase=False, dtype=np.float32)
    counts = vstack([counter.transform(texts) for texts in samples]).tocsr()
    used, columns = np.unique(counts.indices, return_inverse=True)
    counts = type(counts)((counts.data, columns, counts.indptr), shape=(counts.shape[0], len(used)))
    # Signs by chance keep distances within a few percent, and equal strings equal; no two runs share a column.
    signs = np.random.default_rng(0).choice(np.float32([-1, 1]), size=(len(used), _WIDTH)) / np.float32(np.sqrt(_WIDTH))
    return np.split(counts @ signs, np.cumsum([len(texts) for texts in samples])[:-1])


def _frames(items):
    names = list(items["train"].columns)
    if len({*names}) < len(names):
        raise ValueError(f"train must have columns of different names, got {names}")
    for role, frame in items.items():
        own = list(frame.columns)
        if len(own) != len(names) or {*own} != {*names}:
            raise ValueError(f"{role} must have the columns of train, {names}, got {own}")
    items = {role: frame[names].reset_index(drop=True) for role, frame in items.items()}
    for role, frame in items.items():
        missing = frame.isna().to_numpy()
        if missing.any():
            counts = ", ".join(f"{names[j]!r} in {missing[:, j].sum():,}" for j in np.flatnonzero(missing.any(axis=0)))
            first = int(np.argmax(missing.any(axis=1)))
            raise ValueError(
                f"{role} must have no missing values: of {len(frame):,} rows, column {counts} (first: row {first}). In "
                "all three, fill a category with a level of its own, such as 'missing', and a number with the "
                "median of train beside a column that says where it was missing; or leave such columns out"
            )
    return items


def _gower(items):
    import pandas as pd

    names, parts = list(items["train"].columns), {role: [] for role in ROLES}
    for name in names:
        columns = {role: frame[name] for role, frame in items.items()}
        kinds = {_column_kind(column) for column in columns.values()}
        if len(kinds) > 1:
            raise TypeError(f"column {name!r} must be of one kind in all three, got {sorted(kinds)}")
        if kinds == {"category"}:
            levels = pd.Index(pd.unique(pd.concat([column.astype(object) for column in columns.values()])))
            text = len(levels) > _LEVELS and all(isinstance(level, str) for level in levels)
            codes = _grams(levels.tolist())[0] if text else np.eye(len(levels), dtype=np.float32)
            for role, column in columns.items():
                parts[role].append(codes[levels.get_indexer(column.astype(object))] / np.float32(np.sqrt(2)))
            continue
        numbers = {role: _numbers(column, kinds == {"time"}) for role, column in columns.items()}
        for role, X in numbers.items():
            _finite(X, role, [name])
        real = np.concatenate([numbers["train"], numbers["held_out"]])
        scale = float(np.ptp(real)) or 1.0
        for role, X in numbers.items():
            parts[role].append((X - real.min()) / scale)
    return {role: np.concatenate(columns, axis=1) for role, columns in parts.items()}


def _column_kind(column):
    from pandas.api import types

    if types.is_datetime64_any_dtype(column) or types.is_timedelta64_dtype(column):
        return "time"
    return "number" if types.is_numeric_dtype(column) and not types.is_bool_dtype(column) else "category"


def _numbers(column, time):
    X = column.to_numpy()
    return (X.astype("int64") if time else X).astype(np.float64)[:, None]


def _same(kind, items):
    if kind in ("array", "image"):
        X = {role: X.reshape(len(X), -1) for role, X in items.items()}
        if len({part.dtype for part in X.values()}) > 1:
            X = {role: part.astype(np.float64) for role, part in X.items()}
        found = {role: keys(part) for role, part in X.items()}
    elif kind == "table":
        found = {role: keys(part) for role, part in _gower(items).items()}
    else:
        seen = {}
        return {role: np.array([seen.setdefault(freeze(item), len(seen)) for item in X]) for role, X in items.items()}
    return found
