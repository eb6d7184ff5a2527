"""Texts: lists of str. (Lists of bytes are kept in the same way, and are not measured.)"""

import re
from difflib import SequenceMatcher

import numpy as np

from ..html import changed
from .base import Kind

_GRAMS, _WIDTH = (1, 4), 512
_LONG = 1_000_000  # pairs of characters, or of words


class Texts(Kind):
    """Texts, compared by their runs of 1 to 4 characters."""

    name = "text"
    legend = "What only the training text has is struck out, and what only the generated one has is underlined."

    def read(self, X):
        if isinstance(X, np.ndarray):
            X = X.tolist() if X.dtype.kind in "UO" and X.ndim == 1 else []
        return X if len(X) and all(isinstance(item, str) for item in X) else None

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
            a if a == b else (f"[-{a}-]" if a else "") + (f"{{+{b}+}}" if b else "") for a, b in differences(one, two)
        )

    def html(self, one, two, *, train, places):
        return "".join(changed(a, b) for a, b in differences(one, two))

    def alike(self, one, two):
        kept = sum(len(a) for a, b in differences(one, two) if a == b)
        return f"{kept:,} of {len(one):,} characters"


def grams(*samples):
    """For each sample of strings, an array (n, 512): counts of runs of characters, scaled to length 1 and projected."""
    from scipy.sparse import vstack
    from sklearn.feature_extraction.text import HashingVectorizer

    counter = HashingVectorizer(analyzer="char", ngram_range=_GRAMS, lowercase=False, dtype=np.float32)
    counts = vstack([counter.transform(map(_valid, texts)) for texts in samples]).tocsr()
    used, columns = np.unique(counts.indices, return_inverse=True)
    counts = type(counts)((counts.data, columns, counts.indptr), shape=(counts.shape[0], len(used)))
    # Signs by chance keep distances within a few percent, and equal strings equal; no two runs share a column.
    signs = np.random.default_rng(0).choice(np.float32([-1, 1]), size=(len(used), _WIDTH)) / np.float32(np.sqrt(_WIDTH))
    return np.split(counts @ signs, np.cumsum([len(texts) for texts in samples])[:-1])


def _valid(text):
    """A text without lone surrogates, which can't be written; they count as what stands for them."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def differences(one, two):
    """Two strings as pieces (of the one, of the other) that are equal or not; put together, each gives its string.

    >>> differences("a rose is", "a nose is")
    [('a ', 'a '), ('r', 'n'), ('ose is', 'ose is')]
    """
    # Character by character the time grows as the square of the length, so long texts are compared by words.
    one, two = ([*text] if len(one) * len(two) < _LONG else re.findall(r"\w+|\W", text) for text in (one, two))
    codes = SequenceMatcher(None, one, two, autojunk=len(one) * len(two) > _LONG).get_opcodes()
    return [("".join(one[a:b]), "".join(two[c:d])) for _, a, b, c, d in codes]
