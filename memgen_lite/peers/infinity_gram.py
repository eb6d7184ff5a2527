"""The n-gram model that looks back as far as its memory reaches: what followed there is what it says next.

All places of the training texts are sorted by what stands *before* them. The places that a context leads to are then an
interval of that order, and with one character more at its end the context leads to another interval, which two binary
searches find (Ferragina and Manzini 2000, FOCS). So a text is followed from character to character in all its contexts
at once, from the empty one to the longest that was ever seen, and no table of n-grams is made.
"""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator

from ..shared.all_or_nothing import all_or_nothing
from ..shared.checks import flag, shown, texts_in, whole
from ..shared.randomness import generator
from ..shared.suffixes import sorted_suffixes
from ..shared.types import RandomState
from .base import Carded, Peer
from .language import CODE_POINTS, END, LanguageModel, symbols_of


class InfinityGram(LanguageModel, Carded, BaseEstimator):
    """The infinity-gram language model of characters (Liu et al. 2024, arXiv 2401.17377).

    A context is what a text holds before a place, its beginning included, which counts as one symbol. The model takes
    the longest end of the context that occurs in the training texts, wherever that is, and says of the next character
    w what followed there::

        P(w | context) = c(h w) / c(h), h the longest end of the context with c(h) > 0

    Texts drawn from the beginning are therefore training texts, each as often as it stands there: the model is MemGEN,
    and says something of its own only after a `prefix` that no training text has. What never followed h has
    probability 0, so that new texts have a log-probability of -inf. With `escape` a > 0 it is finite: each context is
    counted a more times, and these times what follows is as its shorter context says::

        P(w | h) = (c(h w) + a P(w | h')) / (c(h) + a)

    where h' is the next shorter end of the context that occurs more often than h (one that occurs as often occurs at
    the same places, and is the same context); below the empty one all symbols are equally likely: each character of the
    training texts, the end of the text, and, as one, all other characters of Unicode. The form is that of MacKay and
    Peto 1995 (Natural Language Engineering 1), and for a = 1 close to method A of Cleary and Witten 1984; Liu et al.
    mix in a neural network instead.

    Parameters
    ----------
    escape : float, 0 or more. random_state : int, numpy Generator, RandomState or None, of the samples.

    Attributes
    ----------
    alphabet_ : str, the characters of the training texts, sorted. n_texts_ : int.
    following_ : int array (places,), what follows each place of the order: 0 for the end of a text, else a character.

    >>> model = InfinityGram(random_state=0).fit(["abracadabra", "abraxas"])
    >>> model.sample(2)
    ['abracadabra', 'abraxas']
    >>> model.complete(["cab"], 3), model.follow("cab")["length"].tolist()
    (['cabra'], [1, 1, 2, 2])
    """

    _store = Peer._store

    def __init__(self, escape: float = 0.0, random_state: RandomState = None) -> None:
        self._store(locals())

    def fit(self, X: Sequence[str], y: Any = None) -> Self:
        """Sort the places of the list of str `X`. Returns self; `y` is not used.

        Raises
        ------
        TypeError, ValueError : for what is no list of str, or an empty one, and for an `escape` below 0. After an error
            or an interrupt the model is what it was before.
        """
        self._check_parameters()
        texts = texts_in(X)
        with all_or_nothing(self, generator(self.random_state)) as self._stream:
            self._index(texts)
        return self

    def _index(self, texts):
        self.alphabet_, self.n_texts_ = "".join(sorted(set("".join(texts)))), len(texts)
        # Each text backwards, then its beginning, then a mark like no other: suffixes are contexts, the last one first.
        parts = [self._symbols(text)[::-1] for text in texts]
        ends = np.cumsum([len(part) + 2 for part in parts])
        words = np.full(ends[-1], len(self.alphabet_) + 1)
        words[ends - 1] = -1 - np.arange(len(parts))
        inside = np.ones(len(words), dtype=bool)
        inside[ends - 1] = inside[ends - 2] = False
        words[inside] = np.concatenate(parts)
        order, _ = sorted_suffixes(words)
        before = np.append(END, words[:-1])
        before[ends[:-1]] = END
        self.following_ = before[order]
        # What follows and where, sorted: how often a symbol follows among the first places is a binary search, and
        # since contexts keep their order when one symbol is added to all, that is also where the longer ones begin.
        self._keys = np.sort(self.following_ * len(order) + np.arange(len(order)))

    def _symbols(self, text):
        """The characters as numbers from 1 on; one that is not in the alphabet is a number that never follows."""
        return symbols_of(text, self.alphabet_, len(self.alphabet_) + 2)

    # The contexts of some texts at a place: where their intervals begin and end, and how many symbols they have, three
    # arrays (texts, contexts), from the empty one to the longest; behind that, intervals without a place.

    def _beginning(self, n, inside):
        places = len(self.following_)
        contexts = [(self.n_texts_, places, 0)] + ([] if inside else [(places - self.n_texts_, places, 1)])
        return _distinct([np.tile(part, (n, 1)) for part in np.array(contexts).T])

    def _after(self, low, high, symbols):
        """Where those places of the contexts that are followed by a symbol stand, with the symbol at the end."""
        symbols = symbols * len(self.following_)
        return np.searchsorted(self._keys, symbols + low), np.searchsorted(self._keys, symbols + high)

    def _moved(self, contexts, symbols):
        low, high = self._after(*contexts[:2], symbols[:, None])
        empty = self.n_texts_, len(self.following_), 0
        longer = low, high, contexts[2] + 1
        return _distinct([np.insert(part, 0, first, axis=1) for part, first in zip(longer, empty, strict=True)])

    def _shares(self, low, high, times):
        """The probability of a symbol, in each text, that followed so many `times` each of its contexts."""
        share, escape = np.full(len(low), 1 / (len(self.alphabet_) + 2)), self._parameter("escape")
        for size, count in zip((high - low).T, times.T, strict=True):
            with np.errstate(invalid="ignore"):
                share = np.where(size > 0, (count + escape * share) / (size + escape), share)
        return share

    def _law(self, low, high):
        """The probability of the end and of each character, array (texts, 1 + characters)."""
        if not self._parameter("escape"):  # the longest context has the only say
            last = np.maximum((high > low).sum(axis=1, keepdims=True) - 1, 0)
            low, high = (np.take_along_axis(part, last, axis=1) for part in (low, high))
        symbols = np.arange(len(self.alphabet_) + 1)
        after = self._after(low[..., None], high[..., None], symbols)
        return np.stack([self._shares(low, high, times) for times in np.moveaxis(after[1] - after[0], 2, 0)], axis=1)

    def _along(self, texts, inside=False):
        """For each place, up to the end of the longest text: the texts that reach it, their contexts and symbols."""
        symbols = [self._symbols(text) for text in texts]
        lengths, rows = np.array([len(text) for text in texts]), np.arange(len(texts))
        contexts = self._beginning(len(texts), inside)
        for place in range(lengths.max() + 1):
            going = lengths[rows] >= place
            rows, contexts = rows[going], tuple(part[going] for part in contexts)
            now = np.array([symbols[row][place] if place < lengths[row] else END for row in rows])
            yield rows, contexts, now
            contexts = self._moved(contexts, now)

    def _log_shares(self, low, high, symbols):
        ends = self._after(low, high, symbols[:, None])
        share = self._shares(low, high, ends[1] - ends[0])
        size = len(self.alphabet_)
        with np.errstate(divide="ignore"):
            return np.log(np.where(symbols > size + 1, share / (CODE_POINTS - size), share))

    def follow(self, text: str, *, inside: bool = False) -> dict[str, np.ndarray]:
        """What the model says of each character of one `text`, and of its end, and from how long a context.

        With `inside` the text stands in the middle of another one, which is not known.

        Returns
        -------
        A dict of arrays (len(text) + 1,): `length`, symbols of the longest context that was seen; `count`, how often
        it was; `log_probability`, natural log of the probability of the character that comes.
        """
        self._check_fitted()
        text, inside = _one(text, "text"), flag(inside, "inside")
        found = []
        for _, (low, high, length), symbols in self._along([text], inside):
            size = (high - low)[0]
            last = np.flatnonzero(size)[-1]
            found.append((length[0, last], size[last], self._log_shares(low, high, symbols)[0]))
        length, count, logs = zip(*found, strict=True)
        return {"length": np.array(length), "count": np.array(count), "log_probability": np.array(logs)}

    def score_samples(self, X: Sequence[str]) -> np.ndarray:
        """The natural log of the probability of each text of the list `X`, its end included: array (n,).

        A character that was never seen has an equal part of the share of all such, so that with an `escape` the
        probabilities of all texts, over all of Unicode, add up to 1; without one it is -inf for what was never seen.
        """
        self._check_fitted()
        texts = texts_in(X)
        total = np.zeros(len(texts))
        for rows, (low, high, _), symbols in self._along(texts):
            total[rows] += self._log_shares(low, high, symbols)
        return total

    def probabilities(self, prefix: str = "", *, inside: bool = False) -> dict[str | None, float]:
        """What comes next when a text begins with `prefix`, or with `inside` has it in its middle.

        Returns
        -------
        A dict of probabilities that add up to 1: of the characters of `alphabet_`, of "" for the end of the text, and
        of None for all other characters.
        """
        self._check_fitted()
        law = self._law(*self._contexts([_one(prefix, "prefix")], flag(inside, "inside"))[:2])[0]
        return dict(zip(["", *self.alphabet_, None], [*law.tolist(), max(0.0, 1 - float(law.sum()))], strict=True))

    def next_log_probabilities(self, X: Sequence[str], *, inside: bool = False) -> np.ndarray:
        """What comes after each text of the list `X`: array (n, 1 + characters) of natural logs of probabilities.

        The first is that of the end of the text, the others are those of the characters of `alphabet_`.
        """
        self._check_fitted()
        with np.errstate(divide="ignore"):
            return np.log(self._law(*self._contexts(texts_in(X), flag(inside, "inside"))[:2]))

    def sample(
        self,
        n: int = 1,
        *,
        prefix: str = "",
        inside: bool = False,
        max_length: int = 10000,
        random_state: RandomState = None,
    ) -> list[str]:
        """Draw `n` texts, a list of str, each from its `prefix` on to its end, or up to `max_length` characters.

        With `inside`, the prefix is not the beginning of a text. The share of characters never seen goes to the others,
        as the model cannot name them. Without `random_state` it goes on along the model's stream.
        """
        self._check_fitted()
        n, prefix = whole(n, "n", 0), _one(prefix, "prefix")
        inside, max_length = flag(inside, "inside"), whole(max_length, "max_length", 0)
        rng = self._stream if random_state is None else generator(random_state)
        escape = self._parameter("escape")

        def drawn(low, high, _):
            size = high - low
            with np.errstate(invalid="ignore"):
                stays = (size > 0) & (rng.random(size.shape) * (size + escape) < size)
            column = size.shape[1] - 1 - stays[:, ::-1].argmax(axis=1)
            row = np.arange(len(size))
            slot = low[row, column] + (rng.random(len(size)) * size[row, column]).astype(np.int64)
            anything = rng.integers(len(self.alphabet_) + 1, size=len(size))
            return np.where(stays.any(axis=1), self.following_[slot], anything)

        return self._written([prefix] * n, inside, max_length - len(prefix), drawn) if n else []

    def complete(self, X: Sequence[str], n: int, *, inside: bool = False) -> list[str]:
        """Each text of the list `X` with up to `n` characters more, each the likeliest one: a list of str.

        Of equally likely ones the first of `alphabet_` is written; where the end is as likely, the text ends.
        """
        self._check_fitted()
        texts, n = texts_in(X), whole(n, "n", 0)

        def likeliest(low, high, _):
            return self._law(low, high).argmax(axis=1)

        return self._written(texts, flag(inside, "inside"), n, likeliest)

    def _contexts(self, texts, inside):
        """The contexts at the ends of texts."""
        contexts = [None] * len(texts)
        for rows, found, symbols in self._along(texts, inside):
            for at in np.flatnonzero(symbols == END):
                contexts[rows[at]] = tuple(part[at] for part in found)
        width = max(len(parts[0]) for parts in contexts)
        return tuple(np.array([np.pad(parts[i], (0, width - len(parts[i]))) for parts in contexts]) for i in range(3))

    def _written(self, texts, inside, n, choose):
        """Texts, each with up to `n` characters that are chosen from its contexts, one after the other."""
        contexts, rows, added = self._contexts(texts, inside), np.arange(len(texts)), [[] for _ in texts]
        for _ in range(n):
            symbols = choose(*contexts)
            going = symbols != END
            rows, symbols, contexts = rows[going], symbols[going], tuple(part[going] for part in contexts)
            if not len(rows):
                break
            for row, symbol in zip(rows, symbols, strict=True):
                added[row].append(self.alphabet_[symbol - 1])
            contexts = self._moved(contexts, symbols)
        return [text + "".join(letters) for text, letters in zip(texts, added, strict=True)]


def _distinct(contexts):
    """Contexts of different places only: of those that occur equally often, and so at the same places, the longest."""
    size = contexts[1] - contexts[0]
    kept = size > np.pad(size[:, 1:], ((0, 0), (0, 1)))
    columns = np.argsort(~kept, axis=1, kind="stable")[:, : kept.sum(axis=1).max(initial=1)]
    return tuple(np.take_along_axis(part * kept, columns, axis=1) for part in contexts)


def _one(text, name):
    if not isinstance(text, str):
        raise TypeError(f"{name} must be a str, got {shown(text)}")
    return text
