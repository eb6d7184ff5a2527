"""What language models of characters have in common: texts as symbols, and the bits that texts cost."""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..shared.checks import texts_in
from .base import Peer

END = 0  # the symbol that follows the last character of a text; characters are 1, 2, .. as in the alphabet
CODE_POINTS = sys.maxunicode + 1


def symbols_of(text: str, alphabet: str, unseen: int) -> np.ndarray:
    """The characters of a text as int64 numbers from 1 on, by a sorted `alphabet`; `unseen` for those not in it."""
    codes = np.array([ord(character) for character in alphabet], dtype=np.int64)
    given = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64)
    place = np.searchsorted(codes, given)
    return np.where(np.append(codes, -1)[place] == given, place + 1, unseen)


class LanguageModel:
    """A peer that is fitted to a list of str, and has `score_samples`."""

    save = Peer.save
    _check_fitted = Peer._check_fitted

    def score(self, X: Sequence[str], y: Any = None) -> float:
        """The mean of :meth:`score_samples`. `y` is not used."""
        return float(np.mean(self.score_samples(X)))

    def bits_per_character(self, X: Sequence[str]) -> float:
        """Minus the log to base 2 of the probability of the texts `X`, per character; each end counts as one."""
        texts = texts_in(X)
        return float(-self.score_samples(texts).sum() / np.log(2) / sum(len(text) + 1 for text in texts))
