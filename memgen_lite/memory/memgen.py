"""MemGEN: Algorithm 1 of the paper as a scikit-learn estimator. Taught in notebook 01."""

import numbers
import warnings
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.exceptions import NotFittedError

from ..shared.checks import flag, one_of, shown
from ..shared.kinds import unpack
from ..shared.randomness import generator
from ..shared.types import Data, FilePath, RandomState
from . import saving
from .memories import ALL, MEMORIES
from .rows import cast

_MANY = 2**24  # examples of which a permutation takes 128 MiB


class MemGEN(DensityMixin, BaseEstimator):
    """A generative model that stores its training set and draws from it uniformly (Gelly et al. 2018, Algorithm 1).

    Parameters
    ----------
    memory : "array", "list" or "hash"
        Where examples are kept. "array": contiguous rows of one dtype and shape (arrays, frames of numbers, lists of
        text, bytes, numbers or equally sized images); a `numpy.memmap` stays in its file. "list": any Python objects,
        kept by reference as Python's lists do. "hash": distinct items with counts. All three have the same law, and
        with the same `random_state` "array" and "list" make the same draws.
    random_state : int, numpy Generator, RandomState or None
        With an int, every `fit` starts the same stream; successive calls of `sample` go on along it.

    Attributes
    ----------
    memory_ : the memory itself.
    classes_ : list of the labels seen, in order of first sight; None if it was fitted without y.
    n_features_in_, feature_names_in_ : as in scikit-learn, where X has columns.

    What went in comes out: `sample` and `recite` return the kind of container, dtype and shape of `X`, with NaN and
    infinities as they were; only the index of a frame is numbered anew. Examples are equal if they are equal byte for
    byte: 0.0 and -0.0 are two, NaN is itself.

    >>> model = MemGEN(memory="list", random_state=0).fit(["Beautiful", "Explicit", "Simple"])
    >>> model.recite()
    ['Beautiful', 'Explicit', 'Simple']
    >>> sorted(model.sample(3, replace=False))
    ['Beautiful', 'Explicit', 'Simple']
    >>> float(np.exp(model.score_samples(["Simple"])[0]).round(4)), "Ugly" in model
    (0.3333, False)
    """

    def __init__(self, memory: str = "array", random_state: RandomState = None) -> None:
        self.memory = memory
        self.random_state = random_state

    def fit(self, X: Data, y: Data | None = None) -> Self:
        """Learn X by heart, in place of what was known before.

        Parameters
        ----------
        X : array (n, ...), DataFrame, Series, list, tuple or iterable of n > 0 examples. An iterable is read to its end
            first: if it fails, what was known before stays. Of :func:`memgen_lite.shards` nothing is read; `sample`
            reads the rows that it draws.
        y : n labels (hashable), or None. With labels, `sample` can be asked for one of them.

        Raises
        ------
        ValueError : for an empty X, a ragged one, or a y of another length or with missing labels.
        TypeError : for an X that is no collection, or that this kind of memory can't hold as it is.
        """
        one_of(self.memory, "memory", MEMORIES)
        rng = generator(self.random_state)
        container, values, labels = self._read(X, y)
        memory = MEMORIES[self.memory]()
        memory.append(memory.prepare(values), labels)
        return self._become(memory, container, rng)

    def partial_fit(self, X: Data, y: Data | None = None) -> Self:
        """Learn more by heart: `X` (and `y`) as in :meth:`fit`, of the same kind, dtype and shape as before.

        It is all or nothing: after an error the memory is what it was before the call.
        """
        if not self.__sklearn_is_fitted__():
            return self.fit(X, y)
        container, values, labels = self._read(X, y)
        if (reason := self._container.agrees(container)) is not None:
            raise ValueError(f"X is {reason}; nothing of it was kept, the memory still holds {len(self):,} examples")
        if (labels is not None) != bool(self.memory_.labels):
            before = "with" if labels is None else "without"
            raise ValueError(f"y must be given always or never: the memory was fitted {before} it; nothing was kept")
        self.memory_.append(self.memory_.prepare(values), labels)
        return self

    def sample(self, n: int = 1, y: Any = None, *, replace: bool = True, random_state: RandomState = None) -> Any:
        """Draw n examples uniformly from the memory.

        Parameters
        ----------
        n : int, 0 or more; with `replace=False` at most the number of examples (that have the label y).
        y : a label, to draw only from the examples that have it; None for all of them.
        replace : bool. True is the paper's sampler (MemGEN-U); False never returns the same position twice, so that a
            sample of everything is a shuffled copy (MemGEN-P).
        random_state : None to go on along the model's stream; anything else starts one anew for this call.

        Returns
        -------
        n examples in a container of the kind that was fitted.
        """
        label = self._known(y)
        size = self.memory_.size(label)
        if isinstance(n, bool) or not isinstance(n, numbers.Integral):
            raise TypeError(f"n must be an int, got {n!r}")
        if n < 0:
            raise ValueError(f"n must be 0 or more, got {shown(n)}")
        if not flag(replace, "replace") and n > size:
            having = "" if y is None else f" with y={y!r}"
            raise ValueError(
                f"n must be at most {size:,}, the number of examples{having}, without replacement, got {shown(n)}"
            )
        if n >= 2**48:  # no machine has room for so many
            raise ValueError(f"n must be below {2**48:,}, got {shown(n)}")
        rng = self._rng if random_state is None else generator(random_state)
        if replace:
            positions = rng.integers(size, size=n)
        else:  # of very many, without a number for each
            positions = rng.permutation(size)[:n] if size <= _MANY else rng.choice(size, n, replace=False)
        return self._container.rebuild(self.memory_.take(positions, label))

    def recite(self) -> Any:
        """Everything, once: in order of arrival (a hash-map: by first sight, each item as often as it was seen).

        What was fitted to shards recites shards, which read their rows as they are gone through.
        """
        self._known(None)
        return self._container.rebuild(self.memory_.all())

    def score_samples(self, X: Data) -> np.ndarray:
        """The natural log of the empirical probability of each example: log(count / N), -inf for what was never seen.

        Parameters
        ----------
        X : examples as in :meth:`fit`; numbers of another dtype are found if they are equal in the memory's dtype.

        Returns
        -------
        array (n,) of float64.
        """
        self._known(None)
        with np.errstate(divide="ignore"):
            return np.log(self._counts(*unpack(X)) / len(self))

    def score(self, X: Data, y: Data | None = None) -> float:
        """The mean of :meth:`score_samples`: -inf as soon as one example was never seen."""
        scores = self.score_samples(X)
        if not len(scores):
            raise ValueError("X must hold at least one example, of none there is no mean")
        return float(np.mean(scores))

    @property
    def classes_(self) -> list | None:
        return list(self.memory_.labels) or None

    def __len__(self) -> int:
        """The number of examples held; 0 before `fit`."""
        return self.memory_.size() if self.__sklearn_is_fitted__() else 0

    def __bool__(self) -> bool:
        return True  # an estimator is one also while it is empty; len() tells the rest

    def __contains__(self, x: Any) -> bool:
        """Whether one example was seen, byte for byte; a frame's examples are tuples."""
        if not len(self):
            return False
        mine = self._container
        if mine.dtype is None or mine.dtype.hasobject:
            return bool(self._counts(mine, [x])[0])
        if mine.dtype.names is None:
            return bool(self._counts(mine, np.asarray(getattr(x, "asm8", x))[None])[0])  # asm8: a time of pandas
        rows = np.array([tuple(x)], dtype=mine.dtype)
        same = (np.array_equal(a, b) or (a != a and b != b) for a, b in zip(rows[0], x, strict=True))
        return all(same) and bool(self.memory_.count(rows)[0])

    def save(self, path: FilePath) -> None:
        """Write the memory to one file: atomically, with checksums, without pickle.

        A crash leaves the old file or the new one. Of a link, the file behind it is written. Raises TypeError, naming
        the item, for objects without a plain form, and OSError for a `path` that is a folder, a pipe or a device.
        """
        self._known(None)
        state = self.random_state
        if state is not None and not isinstance(state, numbers.Integral):
            warnings.warn(
                f"random_state is a {type(state).__name__}, which is not saved: it loads as None", stacklevel=2
            )
            state = None
        saving.write(path, self.memory_, self._container, None if state is None else int(state))

    @classmethod
    def load(cls, path: FilePath, *, mmap: bool = False, verify: bool = True) -> Self:
        """A model from a file of :meth:`save`; its stream of random numbers starts anew from `random_state`.

        Parameters
        ----------
        mmap : bool; True leaves an array memory in its file, so that it can be larger than RAM. The file is never
            written: `partial_fit` puts new rows beside it, into RAM (for text, the old ones too). To save over it is
            safe, as that makes a new file; where a program cuts the old one short in place, reading ends Python.
        verify : bool; False skips the comparison of checksums, which reads the whole file once (as a stream).

        Raises
        ------
        DamagedFileError, a ValueError : for a file that is damaged, cut off, or not from :meth:`save`.
        OSError : for what is not there, or no file.
        """
        memory, container, state = saving.read(path, mmap=flag(mmap, "mmap"), verify=flag(verify, "verify"))
        return cls(memory=memory.name, random_state=state)._become(memory, container, generator(state))

    def _become(self, memory, container, rng):
        state = {"memory_": memory, "_container": container, "_rng": rng}
        if container.kind == "array" and len(container.shape) == 1:
            state["n_features_in_"] = container.shape[0]
        elif container.kind == "frame":
            state["n_features_in_"] = len(container.columns)
            if all(isinstance(column, str) for column in container.columns):
                state["feature_names_in_"] = np.array(container.columns, dtype=object)
        vars(self).update(state)  # in one step, so that an interrupt leaves the old model or the new one
        for name in {"n_features_in_", "feature_names_in_"} - set(state):
            vars(self).pop(name, None)
        return self

    def _read(self, X, y):
        container, values = unpack(X)
        if not len(values):
            raise ValueError(
                f"X must hold at least one example, got {_shape(X)}: 0 sample(s), while a minimum of 1 is required"
            )
        if y is None:
            return container, values, None
        kept, labels = unpack(y, name="y")
        if kept.kind == "frame" or kept.shape:
            raise ValueError(f"y must be one-dimensional, one label for each example of X, got {_shape(y)}")
        if len(labels) != len(values):
            raise ValueError(
                f"y must have one label for each of the {len(values):,} examples of X, got {len(labels):,}"
            )
        labels = list(map(_label, labels))
        for i, label in enumerate(labels):
            if not _hashable(label):
                raise TypeError(f"y must hold hashable labels, got a {type(label).__name__} at position {i}")
            if label is None or type(label).__name__ == "NAType" or label != label:
                raise ValueError(f"y must hold labels, got {label!r} at position {i}")
        return container, values, labels

    def _known(self, y):
        """The label behind y, once it is sure that there are examples of it."""
        if not self.__sklearn_is_fitted__():
            raise NotFittedError("this MemGEN knows nothing by heart yet: call fit(X) first")
        if y is None:
            return ALL
        if not self.memory_.labels:
            raise ValueError(f"y must be None for a model fitted without labels, got {y!r}; use fit(X, y)")
        label = _label(y)
        if not _hashable(label) or label not in self.memory_.labels:
            known = self.classes_
            shown = ", ".join(map(repr, known[:10])) + (f" and {len(known) - 10} more" if len(known) > 10 else "")
            raise ValueError(f"y must be a label that was seen ({shown}), got {y!r}")
        return label

    def _counts(self, container, values):
        mine = self._container
        if not len(values):
            return np.zeros(0, dtype=np.int64)
        if isinstance(values, np.ndarray) and mine.dtype is not None and mine.dtype.names is None:
            if values.shape[1:] != mine.shape:
                raise ValueError(f"X must have rows of shape {mine.shape}, got {values.shape[1:]}")
            values, same = cast(values, mine.dtype)
            return np.where(same, self.memory_.count(list(values) if mine.dtype.hasobject else values), 0)
        if (reason := mine.agrees(container)) is not None:
            raise ValueError(f"X is {reason}")
        return self.memory_.count(values)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "memory_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.no_validation = True  # numbers are stored as they are, whatever they are: there is nothing to validate
        # One dimension is fine too, but scikit-learn's checks read that tag as "one dimension only".
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        return tags


def _label(y):
    return y.item() if isinstance(y, np.generic) and y.dtype.kind not in "mM" else y  # a time would become an int


def _hashable(label):
    try:
        hash(label)
    except TypeError:
        return False
    return True


def _shape(X):
    return f"shape {X.shape}" if hasattr(X, "shape") else f"an empty {type(X).__name__}"
