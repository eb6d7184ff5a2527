"""Text: the identity model, and a language model that has a probability to give. Taught in notebook 03."""

import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from ..shared import checks
from ..shared.all_or_nothing import all_or_nothing
from ..shared.randomness import generator
from ..shared.types import RandomState

CODE_POINTS = sys.maxunicode + 1


class IdentityModel(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """f(x) = x as a scikit-learn transformer: no parameters, nothing to fit, its own inverse (Gelly et al. 2018).

    It takes any object and gives back that same object. It has no probability to give and nothing to sample from, so it
    has no `score_samples` and no `sample`.

    >>> f = IdentityModel()
    >>> f("to be or not to be"), f.inverse(f("to be")), f.inverse is f
    ('to be or not to be', 'to be', True)
    """

    n_parameters_ = 0

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Return at once: before any data the training is over. Of columns it notes the names."""
        if len(getattr(X, "shape", ())) == 2:
            validate_data(self, X, skip_check_array=True)
        return self

    def __call__(self, X: Any) -> Any:
        return X

    transform = inverse_transform = __call__

    @property
    def inverse(self) -> Self:
        """The inverse function, which is the function itself."""
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.no_validation, tags.requires_fit = True, False
        for kind in ("sparse", "allow_nan", "string", "categorical"):
            setattr(tags.input_tags, kind, True)
        return tags


class NGram(BaseEstimator):
    """A character n-gram model with interpolated Kneser-Ney smoothing, one discount for all orders.

    After a context h of up to `order` - 1 characters, the probability of the next character w is::

        P(w | h) = (max(c(h w) - D, 0) + D * t(h) * P(w | h')) / sum over v of c(h v)

    with h' the context without its first character and t(h) the number of different characters seen after h. Of the
    longest contexts c counts occurrences; of shorter ones, the different characters seen before h w, except where h
    begins with the beginning of a text, before which there is nothing. A context that was never seen is shortened
    until it has been. Below the empty context all symbols are equally likely: each character of the training texts,
    the end of the text, and, as one, all other characters of Unicode. (Kneser and Ney 1995; the interpolated form is
    that of Chen and Goodman, Harvard TR-10-98, section 2.7.)

    Parameters
    ----------
    order : int, 1 or more: how many characters make an n-gram, the predicted one included.
    discount : float D from 0 to 1: how much is taken from each count for what was not seen. With 0 and an order above
        the length of every text nothing is left over: the law of the texts is that of MemGEN, count / N, exactly.
    random_state : int, numpy Generator, RandomState or None.

    Attributes
    ----------
    alphabet_ : str, the characters of the training texts, sorted.

    >>> model = NGram(order=3, random_state=0).fit(["abracadabra", "abraxas"])
    >>> round(sum(model.probabilities("abr").values()), 12)
    1.0
    >>> NGram(order=12, discount=0, random_state=0).fit(["abracadabra", "abraxas"]).sample(2)
    ['abraxas', 'abraxas']
    """

    def __init__(self, order: int = 5, discount: float = 0.75, random_state: RandomState = None) -> None:
        self.order = order
        self.discount = discount
        self.random_state = random_state

    def fit(self, X: Sequence[str], y: Any = None) -> Self:
        """Count the n-grams of the list of str X. Work and memory grow with order times characters.

        Raises
        ------
        TypeError, ValueError : for what is no list of str, for an empty one, or for an order or discount out of range.
            After an error or an interrupt (Ctrl-C, the stop button) the model is what it was before.
        """
        order, _ = checks.whole(self.order, "order", 1), checks.number(self.discount, "discount", 0, 1)
        texts = checks.texts_in(X)
        with all_or_nothing(self, generator(self.random_state)) as self._rng:
            self._count(texts, order)
        return self

    def _count(self, texts, order):
        self.alphabet_ = "".join(sorted(set("".join(texts))))
        size, self._levels = len(self.alphabet_), []
        self._unseen, self._start, self._base = size + 1, size + 2, size + 3
        symbols, place = self._symbols(texts)
        grams = np.zeros(len(symbols), dtype=np.int64)  # numbers the n-gram that ends at each place
        for length in range(1, min(order, place.max() + 1) + 1):
            here = np.flatnonzero(place >= length - 1)
            contexts = np.roll(grams, 1)[here]
            keys, first, number, counts = np.unique(
                contexts * self._base + symbols[here], return_index=True, return_inverse=True, return_counts=True
            )
            level = _Level(length, keys, counts, grams[here[first]], grams.max() + 1, self._base)
            if length == 1:
                level.set_counts(np.where(keys == self._start, 0, counts))  # what texts begin with never comes next
            else:  # what came before is counted once for each different character
                shorter = self._levels[-1]
                before = np.bincount(level.shorter, minlength=level.contexts)
                shorter.set_counts(np.where(before > 0, before, shorter.counts[:-1]))
            self._levels.append(level)
            grams = np.full(len(symbols), -1, dtype=np.int64)
            grams[here] = number

    def score_samples(self, X: Sequence[str]) -> np.ndarray:
        """The natural log of the probability of each text of the list X, its end included: array (n,).

        A character that was never seen has an equal part of the share of all such, so that the probabilities of all
        texts, over all of Unicode, add up to 1. With discount 0 it is -inf for what cannot be built from n-grams seen.
        """
        check_is_fitted(self, "_levels")
        symbols, place = self._symbols(checks.texts_in(X))
        share = np.full(len(symbols), 1 / (len(self.alphabet_) + 2))
        grams = np.zeros(len(symbols), dtype=np.int64)
        for level in self._levels:
            contexts = np.roll(grams, 1)
            grams = level.find(contexts, symbols)
            counts, total, kinds = level.counts[grams], level.total[contexts], level.kinds[contexts]
            with np.errstate(divide="ignore", invalid="ignore"):
                mixed = (np.maximum(counts - self.discount, 0) + self.discount * kinds * share) / total
            share = np.where(total > 0, mixed, share)
        share[symbols == self._unseen] /= CODE_POINTS - len(self.alphabet_)
        share[place == 0] = 1
        with np.errstate(divide="ignore"):
            return np.add.reduceat(np.log(share), np.flatnonzero(place == 0))

    def score(self, X: Sequence[str], y: Any = None) -> float:
        """The mean of :meth:`score_samples`."""
        return float(np.mean(self.score_samples(X)))

    def bits_per_character(self, X: Sequence[str]) -> float:
        """Minus the log to base 2 of the probability of all texts X, per character; each end counts as a character."""
        texts = checks.texts_in(X)
        return float(-self.score_samples(texts).sum() / np.log(2) / sum(len(text) + 1 for text in texts))

    def probabilities(self, prefix: str = "") -> dict[str | None, float]:
        """What comes next when a text begins with `prefix`: a dict of probabilities that add up to 1.

        Its keys are the characters of `alphabet_`, "" for the end of the text, and None for all other characters.
        """
        check_is_fitted(self, "_levels")
        if not isinstance(prefix, str):
            raise TypeError(f"prefix must be a str, got {type(prefix).__name__}")
        symbols, _ = self._symbols([prefix])
        place = 0, 0
        for symbol in symbols[:-1]:
            place = self._go_on(place, symbol)
        share = np.full(self._base, 1 / (len(self.alphabet_) + 2))
        for level, context in reversed(list(self._contexts(place))):
            if (total := level.total[context]) > 0:
                rows = level.rows(context)
                share *= self.discount * level.kinds[context] / total
                share[level.keys[rows] % self._base] += np.maximum(level.counts[rows] - self.discount, 0) / total
        return dict(zip(["", *self.alphabet_, None], share[:-1].tolist(), strict=True))

    def sample(self, n: int = 1, *, max_length: int = 10000, random_state: RandomState = None) -> list[str]:
        """Draw n texts, a list of str, character by character; each stops at its end or at `max_length` characters.

        At each character the model keeps to its longest known context or forgets its oldest character, with the
        probabilities of the mixture. The share of characters never seen goes to the others, as it cannot name them.
        Without `random_state` it goes on along the model's stream.
        """
        check_is_fitted(self, "_levels")
        n, max_length = checks.whole(n, "n", 0), checks.whole(max_length, "max_length", 0)
        rng = self._rng if random_state is None else generator(random_state)
        return [self._draw(rng, max_length) for _ in range(n)]

    def _draw(self, rng, max_length):
        place, letters = self._go_on((0, 0), self._start), []
        while len(letters) < max_length and (symbol := self._next(place, rng)):
            letters.append(self.alphabet_[symbol - 1])
            place = self._go_on(place, symbol)
        return "".join(letters)

    def _next(self, place, rng):
        for level, context in self._contexts(place):
            rows = level.rows(context)
            edges = np.cumsum(np.maximum(level.counts[rows] - self.discount, 0))
            chosen = edges.searchsorted(rng.random() * level.total[context], side="right")
            if chosen < len(edges):
                return int(level.keys[rows][chosen] % self._base)
        return int(rng.integers(len(self.alphabet_) + 1))

    # While a text goes on, its place is the longest known context of at most order - 1 characters that ends there: its
    # length and its number. What was seen was seen without its first character too, so all shorter ones are known.

    def _go_on(self, place, symbol):
        for level, context in self._contexts(place):
            if (number := level.find(context, symbol)) >= 0:
                whole = level.length < len(self._levels)
                return (level.length, number) if whole else (level.length - 1, level.shorter[number])
        return 0, 0

    def _contexts(self, place):
        """The levels that go on from the context at a `place`, with its number there, from the longest to the empty."""
        length, context = place
        for level in self._levels[length::-1]:
            yield level, context
            if level.length > 1:
                context = self._levels[level.length - 2].shorter[context]

    def _symbols(self, texts):
        # Each text as numbers: start, characters, end (0); one text after the other. With each one's place in its text.
        code = defaultdict(lambda: self._unseen, {ord(one): number for number, one in enumerate(self.alphabet_, 1)})
        line = "".join(f"{chr(self._start)}{text.translate(code)}\0" for text in texts)
        symbols = np.frombuffer(line.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64)
        return symbols, np.concatenate([np.arange(len(text) + 2) for text in texts])


class _Level:
    """The n-grams of one length: sorted keys (context times base plus symbol), their counts, sums for each context.

    `shorter` numbers each one without its first symbol among those that are one symbol shorter, of which there are so
    many `contexts`. What was never seen has the number -1, where all counts and sums end with a 0.
    """

    def __init__(self, length, keys, counts, shorter, contexts, base):
        self.length, self.shorter, self.contexts, self.base = length, shorter, contexts, base
        self.keys = np.append(keys, np.iinfo(np.int64).max)  # so that the place of any key is in range
        self.starts = keys.searchsorted(np.arange(contexts + 1) * base)
        self.set_counts(counts)

    def set_counts(self, counts):
        self.counts, context = np.append(counts, 0), self.keys[:-1] // self.base
        self.total, self.kinds = (
            np.bincount(context, weights=weights, minlength=self.contexts + 1) for weights in (counts, counts > 0)
        )

    def find(self, contexts, symbols):
        """The number of each context with its symbol, -1 if it was never seen."""
        wanted = contexts * self.base + symbols
        number = self.keys.searchsorted(wanted)
        return np.where(self.keys[number] == wanted, number, -1)

    def rows(self, context):
        """Where the n-grams that begin with a context are."""
        return slice(self.starts[context], self.starts[context + 1])


def copied_share(texts: Sequence[str], train: Sequence[str], length: int = 40) -> float:
    """The share of the characters of `texts` in a run of at least `length` characters that is verbatim in `train`.

    Both are lists of str; a run lies within one text of `train`. Texts shorter than `length` have no such run.

    >>> copied_share(["xxabcdexx"], ["..abcde.."], length=3)
    0.5555555555555556
    """
    texts, train = checks.texts_in(texts, "texts"), checks.texts_in(train, "train")
    length = checks.whole(length, "length", 1)
    wanted = {text[i : i + length] for text in texts for i in range(len(text) - length + 1)}
    found = {run for text in train for i in range(len(text) - length + 1) if (run := text[i : i + length]) in wanted}
    copied = 0
    for text in texts:
        end = 0
        for i in range(len(text) - length + 1):
            if text[i : i + length] in found:
                copied += i + length - max(end, i)
                end = i + length
    return copied / max(1, sum(map(len, texts)))
