"""Texts: lists of str. (Lists of bytes are kept in the same way, and are not measured.)"""

from bisect import bisect_left
from difflib import SequenceMatcher

import numpy as np

from ..html import changed
from .base import Kind
from .reads_as import doubts_of_texts

_GRAMS, _WIDTH = (1, 4), 512
_LONG = 1_000_000  # pairs of characters


class Texts(Kind):
    """Texts, compared by their runs of 1 to 4 characters."""

    name = "text"
    legend = "What only the training text has is struck out, and what only the generated one has is underlined."

    def read(self, X):
        if isinstance(X, np.ndarray):
            X = X.tolist() if X.dtype.kind in "UO" and X.ndim == 1 else []
        return X if len(X) and all(isinstance(item, str) for item in X) else None

    def aligned(self, samples, notes):
        first, *_ = samples
        notes += doubts_of_texts(first, samples[first])
        return samples

    def rows(self, samples):
        return dict(zip(samples, grams(*samples.values()), strict=True))

    def key(self, item):
        return item

    def pack(self, items):
        if isinstance(items[0], bytes):
            return "bytes", items
        return "text", [item.encode("utf-8", "surrogatepass") for item in items]

    def unpack(self, codec, rows):
        return rows if codec == "bytes" else [row.decode("utf-8", "surrogatepass") for row in rows]

    def text(self, one, two):
        return "".join(
            a if a == b else (f"[-{a}-]" if a else "") + (f"{{+{b}+}}" if b else "")
            for a, b in differences(valid(one), valid(two))
        )

    def html(self, one, two, *, train, places):
        return "".join(changed(a, b) for a, b in differences(valid(one), valid(two)))

    def alike(self, one, two):
        kept = sum(len(a) for a, b in differences(one, two) if a == b)
        return f"{kept:,} of {len(one):,} characters"


def grams(*samples, words=False):
    """For each sample of strings, an array (n, 512): counts of runs of characters, scaled to length 1 and projected.

    With `words`, of words and of pairs of them; case and punctuation don't count.
    """
    from scipy.sparse import vstack
    from sklearn.feature_extraction.text import HashingVectorizer

    options = {"analyzer": "char", "ngram_range": _GRAMS, "lowercase": False}
    if words:
        options = {"ngram_range": (1, 2), "token_pattern": r"(?u)\w+", "preprocessor": str.casefold}
    counter = HashingVectorizer(**options, dtype=np.float32)
    counts = vstack([counter.transform(map(valid, texts)) for texts in samples]).tocsr()
    used, columns = np.unique(counts.indices, return_inverse=True)
    counts = type(counts)((counts.data, columns, counts.indptr), shape=(counts.shape[0], len(used)))
    # Signs by chance keep distances within a few percent, and equal strings equal; no two runs share a column.
    signs = np.random.default_rng(0).choice(np.float32([-1, 1]), size=(len(used), _WIDTH)) / np.float32(np.sqrt(_WIDTH))
    return np.split(counts @ signs, np.cumsum([len(texts) for texts in samples])[:-1])


def valid(text):
    """A text without lone surrogates, which can't be written; they count as what stands for them."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def differences(one, two):
    """Two strings as pieces (of the one, of the other) that are equal or not; put together, each gives its string.

    >>> differences("a rose is", "a nose is")
    [('a ', 'a '), ('r', 'n'), ('ose is', 'ose is')]
    """
    found = []
    for a, b in _pieces(one, two, [_LONG]):
        if a == b and found and found[-1][0] == found[-1][1]:
            found[-1] = (found[-1][0] + a, found[-1][1] + b)
        elif a or b:
            found.append((a, b))
    return found


def _pieces(one, two, left):
    """Pieces of two strings; `left`, a list of one number, is how many pairs of characters may still be compared."""
    start = _shared(one, two)
    end = _shared(one[start:][::-1], two[start:][::-1])
    tails = (one[len(one) - end :], two[len(two) - end :])
    yield one[:start], two[:start]
    one, two = one[start : len(one) - end], two[start : len(two) - end]
    if len(one) * len(two) <= left[0]:
        # Character by character the time grows as the square of the length, so that not all of a long text can be.
        left[0] -= len(one) * len(two)
        for _, a, b, c, d in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
            yield one[a:b], two[c:d]
    else:
        anchors = next(filter(None, (_anchors(one, two, length) for length in (16, 64, 256))), [])
        i = j = 0
        for place, other in anchors:
            if place >= i and other >= j:
                yield from _pieces(one[i:place], two[j:other], left)
                run = _shared(one[place:], two[other:])
                yield one[place : place + run], two[other : other + run]
                i, j = place + run, other + run
        yield from _pieces(one[i:], two[j:], left) if anchors else [(one, two)]
    yield tails


def _shared(one, two):
    """With how many characters both strings begin."""
    length, step = 0, 64
    while one[length : length + step] == two[length : length + step] and length < min(len(one), len(two)):
        length, step = min(length + step, len(one), len(two)), 2 * step
    while step > 1:
        step //= 2
        if one[length : length + step] == two[length : length + step]:
            length = min(length + step, len(one), len(two))
    return length


def _anchors(one, two, length):
    """Places in both strings of runs that each has once, in the same order: the most that are (patience diff)."""
    places = [{}, {}]
    for text, seen in zip((one, two), places, strict=True):
        for i in range(len(text) - length + 1):
            run = text[i : i + length]
            seen[run] = None if run in seen else i
    pairs = [(i, j) for run, i in places[0].items() if i is not None and (j := places[1].get(run)) is not None]
    ends, last, before = [], [], [-1] * len(pairs)  # of the rising sequences of each length the least end
    for n, (_, j) in enumerate(pairs):
        place = bisect_left(ends, j)
        before[n] = last[place - 1] if place else -1
        ends[place : place + 1], last[place : place + 1] = [j], [n]
    found, n = [], last[-1] if last else -1
    while n >= 0:
        found.append(pairs[n])
        n = before[n]
    return found[::-1]
