"""Fitted peers kept on disk, so that a notebook that trains for a minute starts in a second the next time."""

import hashlib
from importlib.metadata import version
from pathlib import Path

import numpy as np

from ..shared import array_file
from ..shared.files import cache_folder


def fitted(peer, X, y=None):
    """The peer fitted to `X`, from the cache where the same code and settings have been fitted to the same rows before.

    The file's name is a hash of the peer's class and parameters, the rows, the source of :mod:`memgen_lite.peers`, and
    the versions of the libraries that do the arithmetic; so a change of any of these fits anew. Files stand in
    :func:`memgen_lite.shared.files.cache_folder`, in `peers`; any of them may be deleted. A damaged file is fitted anew
    and written over. A fit that was interrupted, or diverged, is not kept.

    Parameters
    ----------
    peer : an unfitted peer, whose `random_state` is an int: else no fit can be repeated, and there is nothing to keep.
    X : array (n, d), as for `fit`. y : None, or labels (n,) for a classifier.

    Returns
    -------
    A fitted peer: `peer` itself where it was fitted now. Its `fit_seconds_` are those of the fit, whenever that was.
    """
    from . import load

    path = _place(peer, X, y, "peer")
    if path.exists():
        try:
            return load(path)
        except array_file.DamagedFileError:
            pass
    peer.fit(X, y)
    if _whole(peer):
        peer.save(path)
    return peer


def sampled(peer, X, n):
    """`n` samples of the peer :func:`fitted` to `X`, from the cache where it has drawn as many before.

    For those whose fit is quick and whose sampling is not. What is said there of the file holds here too.

    Returns
    -------
    float64 array (n, d), what `sample(n)` gives of a peer that has just been fitted.
    """
    path = _place(peer, X, None, f"{n}.rows")
    if path.exists():
        try:
            return np.array(array_file.read(path, mmap=False, verify=True)[1]["rows"])
        except array_file.DamagedFileError:
            pass
    peer = fitted(peer, X)
    rows = peer.sample(n)
    if _whole(peer):
        array_file.write(path, {}, {"rows": rows})
    return rows


def _place(peer, X, y, suffix):
    from .base import checked_rows

    X = checked_rows(X)
    folder = cache_folder() / "peers"
    folder.mkdir(exist_ok=True)
    return folder / f"{type(peer).__name__}-{_key(peer, X, y)}.{suffix}"


def _whole(peer):
    history = getattr(peer, "history_", None)
    if history is None:
        return True
    return history["round"][-1:] == [peer.rounds] and len({len(values) for values in history.values()}) == 1


def _key(peer, X, y):
    if not isinstance(peer.random_state, int):
        raise ValueError(f"random_state must be an int for a fit to be kept, got {peer.random_state!r}")
    digest = hashlib.sha256(repr((type(peer).__name__, sorted(peer.get_params().items()), X.shape)).encode())
    digest.update(np.ascontiguousarray(X))
    digest.update(repr(None if y is None else np.asarray(y).tolist()).encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    for library in ("numpy", "scikit-learn", "jax", "jaxlib", "equinox", "optax"):
        digest.update(f"{library} {_version(library)}".encode())
    return digest.hexdigest()[:20]


def _version(library):
    try:
        return version(library)
    except ModuleNotFoundError:
        return None
