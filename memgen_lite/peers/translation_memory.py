"""A translation memory: MemGEN that is asked in one language and answers in another."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator

from ..shared.all_or_nothing import all_or_nothing
from ..shared.checks import texts_in
from ..shared.grams import runs
from ..shared.randomness import generator
from ..shared.types import RandomState
from .base import Carded, Peer


class TranslationMemory(Carded, BaseEstimator):
    """What translators keep: pairs of a text and its translation, asked for the text that is most like a new one.

    The same text is an *exact match*. For another one, the similarity of texts a and b is that of Dice 1945, on runs of
    `n` characters, with a space before and after each text::

        2 |runs of a that are runs of b| / (|runs of a| + |runs of b|)

    where a run counts as often as it stands in both. From `threshold` on it is a *fuzzy match*, and its translation is
    the answer; below, there is no match, and no answer.

    Parameters
    ----------
    threshold : float from 0 to 1; at 1, exact matches only. n : int. random_state : not used, as nothing is drawn.

    Attributes
    ----------
    sources_, targets_ : lists of str.

    >>> memory = TranslationMemory().fit(["Save the file", "Delete"], ["Datei speichern", "Löschen"])
    >>> memory.predict(["Save this file", "Delete", "Quit"])
    ['Datei speichern', 'Löschen', None]
    """

    _store = Peer._store
    save = Peer.save
    _check_fitted = Peer._check_fitted

    def __init__(self, threshold: float = 0.6, n: int = 3, random_state: RandomState = None) -> None:
        self._store(locals())

    def fit(self, X: Sequence[str], y: Sequence[str]) -> Self:
        """Keep texts `X` and their translations `y`, both lists of str. Returns self.

        Raises
        ------
        TypeError, ValueError : for what is no list of str, an empty one, or lists of different lengths.
        """
        self._check_parameters()
        X, y = pairs(X, y)
        with all_or_nothing(self, generator(self.random_state)) as self._stream:
            self.sources_, self.targets_ = X, y
        return self

    def similarity(self, X: Sequence[str]) -> np.ndarray:
        """How like each text of the list `X` is to each one kept: array (n, kept) from 0 to 1, and 1 for the same.

        Two different texts may have the same runs; they are less than 1 alike, by the least that a float can say.
        """
        self._check_fitted()
        self._check_parameters()  # they may have been set since
        X = texts_in(X)
        vocabulary: dict[tuple[str, int], int] = {}
        counted = [_counted(texts, self.n, vocabulary) for texts in (X, self.sources_)]
        asked, kept = (_as_rows(places, len(vocabulary)) for places in counted)
        size = asked.sum(axis=1)[:, None] + kept.sum(axis=1)
        shared = np.asarray((asked @ kept.T).todense(), dtype=np.float64)
        found = np.divide(2 * shared, size, out=np.zeros_like(shared), where=size > 0)
        same = np.array(X, dtype=object)[:, None] == np.array(self.sources_, dtype=object)
        return np.where(same, 1.0, np.minimum(found, np.nextafter(1, 0)))

    def match(self, X: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """For each text of the list `X` the place of the kept one that is most like it, and their similarity.

        Two arrays (n,), of int and float. Of several, the first that was kept counts.
        """
        found = self.similarity(X)
        best = found.argmax(axis=1)
        return best, found[np.arange(len(found)), best]

    def predict(self, X: Sequence[str]) -> list[str | None]:
        """The translation of the best match of each text of the list `X`, or None where there is no match."""
        return [
            self.targets_[place] if similarity >= self.threshold else None
            for place, similarity in zip(*self.match(X), strict=True)
        ]


def pairs(X, y):
    """Texts and their translations, as lists of str of one length."""
    X, y = texts_in(X), texts_in(y, "y")
    if len(X) != len(y):
        raise ValueError(f"y must hold a translation for each of {len(X)} texts, got {len(y)}")
    return X, y


def _counted(texts, n, vocabulary):
    """For each text the columns of its runs, one for each time that a run comes again."""
    return [
        [
            vocabulary.setdefault((run, time), len(vocabulary))
            for run, times in runs(text, n).items()
            for time in range(times)
        ]
        for text in texts
    ]


def _as_rows(places, width):
    """Rows of 0 and 1, so that what two have in common is a product."""
    columns = np.array([column for row in places for column in row], dtype=int)
    rows = np.repeat(np.arange(len(places)), [len(row) for row in places])
    return sparse.csr_array((np.ones(len(columns)), (rows, columns)), shape=(len(places), max(1, width)))
