"""Ways to compare rows beside the first one, so that a copy that was turned, cut or recolored is near in one of them.

Each makes of every row what it makes of the row alone, or looks at train and held-out together: it can't tell which
sample a row is of, so that the test stays exact however many there are.
"""

from dataclasses import replace

import numpy as np

from ..shared.checks import shown
from ..shared.kinds import featured
from ..shared.kinds.frames import beside
from ..shared.kinds.texts import grams, valid
from .spans import span_nearness

_COSTLY, _LARGE = 2e11, 4e9  # multiplications in all spaces, and bytes, above which "auto" looks at the first alone
_GROUPS = 16  # of columns, of which one after the other is left out
SPANS = "spans of words"
_NAMES = {"image": "pixels", "table": "columns", "text": "characters"}


def chosen(spaces, inputs, features):
    """(name of the first space, the further ones, notes, knowing): what `spaces` of :func:`memgen_lite.audit` asks for.

    The further ones are a dict by name, as :func:`.measure.measure` takes them. `knowing` is what is to be said of a
    space that knows which sample a row is of, else None.
    """
    first = _NAMES.get(inputs.kind.name, "numbers") if features is None else "features"
    if isinstance(spaces, dict):
        return first, *_given(spaces, inputs, first)
    if spaces is not None and not (isinstance(spaces, str) and spaces in ("auto", "all")):
        raise TypeError(f"spaces must be 'auto', 'all', None or a dict of functions by name, got {shown(spaces)}")
    if spaces is None or (features is not None and spaces == "auto"):
        return first, {}, [], None
    if features is not None:
        raise ValueError("spaces='all' compares items as they are: beside features=, pass a dict of functions by name")
    if spaces == "auto" and _views(inputs) and _costly(inputs):
        many = f"compared in {first} alone, as further spaces would take long: spaces='all' looks at them all"
        return first, {}, [many], None
    views = _views(inputs)
    return first, views(inputs) if views else {}, [], None


def _views(inputs):
    """What makes further spaces of samples of a kind; None for arrays, whose numbers may mean anything."""
    return {"image": _of_images, "table": _of_tables, "text": _of_texts}.get(inputs.kind.name)


def _costly(inputs):
    """Whether all further spaces take minutes, or gigabytes; told before any of them is made."""
    sizes = [len(rows) for rows in inputs.rows.values()]
    columns = len(inputs.columns_read)
    width = (
        inputs.rows["train"].shape[1] * {"image": 8, "table": 2 + min(columns, _GROUPS), "text": 3}[inputs.kind.name]
    )
    return (sizes[0] + sizes[1]) * sizes[2] * width > _COSTLY or sum(sizes) * width * 8 > _LARGE


def _given(spaces, inputs, first):
    found, notes = {}, []
    for name, features in spaces.items():
        if not isinstance(name, str) or not name or name == first:
            raise ValueError(f"spaces must have names, a str each, other than {first!r}, got {shown(name)}")
        if not callable(features):
            raise TypeError(f"spaces[{name!r}] must be a function from items to an array, got {shown(features)}")
        try:
            found[name], knowing = featured(features, inputs.items, f"spaces[{name!r}]")
        except Exception as error:  # of the reader's own function, or of what it gave
            raise ValueError(f"spaces[{name!r}] failed, so that nothing was audited: {error}") from error
        found[name] = tuple(found[name].values())
        notes += [knowing] if knowing else []
    return found, notes, notes[0] if notes else None


def _of_images(inputs):
    views = {
        "mirrored": lambda X: X + X[:, :, ::-1],
        "shifted": lambda X: np.abs(np.fft.rfft2(X, axes=(1, 2))),
        "upper half": lambda X: X[:, : -(-X.shape[1] // 2)],
        "lower half": lambda X: X[:, X.shape[1] // 2 :],
        "left half": lambda X: X[:, :, : -(-X.shape[2] // 2)],
        "right half": lambda X: X[:, :, X.shape[2] // 2 :],
        "brightness and contrast made equal": _standardized,
        "gradients": _gradients,
    }
    found = {}
    for name, view in views.items():
        rows = {role: view(X.astype(np.float32)).reshape(len(X), -1) for role, X in inputs.items.items()}
        if rows["train"].shape[1]:  # a picture of one row has no gradient
            found[name] = tuple(X.astype(np.float32, copy=False) for X in rows.values())
    return found


def _standardized(X):
    """Pictures less their mean over their standard deviation; flat ones are 0."""
    axes = tuple(range(1, X.ndim))
    X = X - X.mean(axis=axes, keepdims=True)
    spread = X.std(axis=axes, keepdims=True)
    return np.divide(X, spread, out=np.zeros_like(X), where=spread > 1e-6 * (np.abs(X).max() or 1))


def _gradients(X):
    return np.concatenate([np.diff(X, axis=axis).reshape(len(X), -1) for axis in (1, 2)], axis=1)


def _of_tables(inputs):
    parts = inputs.kind.parts(inputs.items)
    read_as = {column.name: column.read_as for column in inputs.columns_read}
    numbers = [name for name in parts if read_as.get(valid(str(name))) in ("number", "time", "duration")]
    found = {}
    if numbers:
        found["ranks"] = _beside(_ranked(rows) if name in numbers else rows for name, rows in parts.items())
    if len(parts) > 2:
        names = list(parts)
        for group in np.array_split(np.arange(len(names)), min(_GROUPS, len(names))):
            without = ", ".join(valid(str(names[i])) for i in group[:3]) + ", ..." * (len(group) > 3)
            found[f"without {without}"] = _beside(parts[name] for i, name in enumerate(names) if i not in group)
    return found


def _beside(parts):
    return tuple(beside(parts).values())


def _ranked(rows):
    """The first column as mean ranks among the real rows, from 0 to 1; a second one says where it was missing."""
    pool = np.sort(np.concatenate([rows[role][:, 0] for role in ("train", "held_out")]))

    def ranked(X):
        place = [np.searchsorted(pool, X[:, 0], side) for side in ("left", "right")]
        return np.column_stack([sum(place) / (2 * len(pool)), X[:, 1:]])

    return {role: ranked(X) for role, X in rows.items()}


def _of_texts(inputs):
    items = inputs.items

    def spans(searched, **options):
        """The search for the longest common runs of words, among the texts that are searched."""
        train, held_out = items["train"], items["held_out"]
        if searched is None:
            return span_nearness(train, held_out, items["generated"], **options)
        index, n = np.flatnonzero(searched), len(train)
        sides = [train[i] for i in index[index < n]], [held_out[i - n] for i in index[index >= n]]
        near = span_nearness(*sides, items["generated"], **options)
        return replace(near, rows=index[near.rows], shared=index[near.shared])

    folded = [[text.casefold() for text in texts] for texts in items.values()]
    return {
        SPANS: spans,
        "characters, case-folded": tuple(grams(*folded)),
        "words": tuple(grams(*items.values(), words=True)),
    }


def as_compared(space, one, two):
    """A training picture and a generated one as a person sees in them what is alike in `space`: the generated one
    turned back, moved back, or brought to the brightness of the other; or the same half of both."""
    if space not in _SHOWN:
        return one, two
    return _SHOWN[space](one, two)


def _moved_back(one, two):
    flat = [X.reshape(*X.shape[:2], -1).mean(axis=2) for X in (one, two)]
    first, second = (np.fft.rfft2(X - X.mean()) for X in flat)
    fit = np.fft.irfft2(first * second.conj(), s=flat[0].shape)
    return one, np.roll(two, np.unravel_index(fit.argmax(), fit.shape), axis=(0, 1))


def _as_bright(one, two):
    spread = two.std()
    return one, (two - two.mean()) * (one.std() / spread if spread > 0 else 1) + one.mean()


_SHOWN = {
    "mirrored": lambda one, two: (one, two[:, ::-1]),
    "shifted": _moved_back,
    "upper half": lambda one, two: tuple(X[: -(-len(X) // 2)] for X in (one, two)),
    "lower half": lambda one, two: tuple(X[len(X) // 2 :] for X in (one, two)),
    "left half": lambda one, two: tuple(X[:, : -(-X.shape[1] // 2)] for X in (one, two)),
    "right half": lambda one, two: tuple(X[:, X.shape[1] // 2 :] for X in (one, two)),
    "brightness and contrast made equal": _as_bright,
}
