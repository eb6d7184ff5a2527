"""Rows of arrays by their bytes: which are equal."""

from hashlib import blake2b

import numpy as np


def values(*arrays):
    """Numbers that are equal for equal rows: an int array, over all rows of all arrays of one dtype."""
    return np.unique(np.concatenate([keys(X) for X in arrays]), return_inverse=True)[1].ravel()


def keys(X):
    """16-byte digests of the rows of an array: equal for equal rows, with -0 as 0."""
    found = np.empty(len(X), dtype="V16")
    for i in range(0, len(X), 1024):
        part = np.ascontiguousarray(X[i : i + 1024])
        part = part + part.dtype.type(0) if part.dtype.kind == "f" else part
        digests = b"".join(blake2b(row, digest_size=16).digest() for row in part)
        found[i : i + 1024] = np.frombuffer(digests, dtype="V16")
    return found
