"""Texts as numbers of runs of characters."""

import zlib
from collections import Counter

import numpy as np


def runs(text: str, n: int) -> Counter[str]:
    """How often each run of `n` characters stands in a text, with a space before and after it."""
    text = f" {text} "
    return Counter(text[i : i + n] for i in range(len(text) - n + 1))


def profiles(texts: list[str], orders: tuple[int, ...], buckets: int) -> np.ndarray:
    """Shares of the runs of these lengths in each text, float32 (n, buckets); a run's bucket is a checksum of it.

    Each row adds up to 1, as there is a run of one character at least.
    """
    found = np.zeros((len(texts), buckets), np.float32)
    for row, text in zip(found, texts, strict=True):
        for n in orders:
            for run, times in runs(text, n).items():
                row[zlib.crc32(run.encode("utf-8", "surrogatepass")) % buckets] += times
    return found / found.sum(axis=1, keepdims=True)
