"""Fitted peers kept on disk, so that a notebook that trains for a minute starts in a second the next time."""

import hashlib
import os
import warnings
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from modulefinder import ModuleFinder
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..shared import array_file
from ..shared.checks import able, as_array, numbers_in, texts_in
from ..shared.files import cache_folder
from ..shared.kinds.opening import opened


def fitted(peer: Any, X: ArrayLike, y: Any = None, **more: Any) -> Any:
    """The peer fitted to `X`, from the cache where the same code and settings have been fitted to the same rows before.

    The file's name is a hash of the peer's class and parameters, the rows, the source of the peer's module and of all
    modules of this package that it imports, the versions of the libraries that they do their arithmetic with, and the
    variables of the environment by which these round differently; so a change of any of these fits anew, and another
    peer's code does not. Files stand in
    :func:`memgen_lite.shared.files.cache_folder`, in `peers`; any of them may be deleted. A file that is damaged, or
    can't be read, is fitted anew and written over; where nothing can be written, a warning says so once, and nothing is
    kept. A fit that was interrupted, or diverged, is not kept.

    Parameters
    ----------
    peer : an unfitted peer, whose `random_state` is an int: else no fit can be repeated, and there is nothing to keep.
    X : array (n, d), sequences (n, T, d) for a temporal model, or a list of str, as for `fit`. y : None, or labels
        (n,) for a classifier. more : other arrays that `fit` takes, by their names.

    Returns
    -------
    A fitted peer: `peer` itself where it was fitted now. Its `fit_seconds_` are those of the fit, whenever that was.
    """
    from . import load

    X = opened(X)

    def read(path):
        found = load(path)
        if type(found) is not type(peer) or repr(found.get_params()) != repr(peer.get_params()):
            raise array_file.DamagedFileError(f"{path} is another peer")
        return found

    name = f"{_name(peer, X, y, more)}.peer"
    return _kept(name, read, lambda: peer.fit(X, y, **more), lambda fit, path: fit.save(path), peer)


def sampled(peer: Any, X: ArrayLike, n: int) -> np.ndarray:
    """`n` samples of the peer :func:`fitted` to `X`, from the cache where it has drawn as many before.

    For those whose fit is quick and whose sampling is not. What is said there of the file holds here too.

    Returns
    -------
    float64 array (n, d), what `sample(n)` gives of a peer that has just been fitted.
    """
    X = opened(X)

    def read(path):
        rows = np.array(array_file.read(path, mmap=False, verify=True)[1].get("rows"))
        if (rows.dtype, rows.shape) != (np.float64, (n, *np.shape(X)[1:])):
            raise array_file.DamagedFileError(f"{path} holds no {n} samples")
        return rows

    def write(rows, path):
        array_file.write(path, {}, {"rows": rows})

    return _kept(f"{_name(peer, X)}.{n}.rows", read, lambda: fitted(peer, X).sample(n), write, peer)


_UNREADABLE = (array_file.DamagedFileError, OSError, RuntimeError)  # the last one where there is no home folder


def _kept(name, read, make, write, peer):
    """What is read from the file of that name, or else what is made, and then written to it if the fit is whole."""
    with suppress(*_UNREADABLE):
        return read(cache_folder() / "peers" / name)
    made = make()
    history = getattr(peer, "history_", None)
    if history is None or (history["round"][-1:] == [peer.rounds] and len(set(map(len, history.values()))) == 1):
        try:
            folder = cache_folder() / "peers"
            folder.mkdir(exist_ok=True)
            write(made, folder / name)
        except _UNREADABLE as error:
            _say_once(getattr(error, "strerror", None) or str(error))
    return made


@cache
def _say_once(reason):
    warnings.warn(f"what is fitted is not kept, as the cache can't be written: {reason}", stacklevel=4)


def _name(peer, X, y=None, more=None):
    able(peer, "peer", "fit", "get_params")
    if not isinstance(peer.random_state, int):
        raise ValueError(f"random_state must be an int for a fit to be kept, got {peer.random_state!r}")
    what, content = _content(X)
    digest = hashlib.sha256(repr((type(peer).__name__, sorted(peer.get_params().items()), *what)).encode())
    digest.update(content)
    digest.update(repr(None if y is None else as_array(y, "y").tolist()).encode())
    for argument, values in sorted((name, given) for name, given in (more or {}).items() if given is not None):
        values = numbers_in(values, argument)
        digest.update(repr((argument, values.dtype.str, values.shape)).encode())
        digest.update(np.ascontiguousarray(values))
    sources, libraries = _code({kind.__module__ for kind in type(peer).__mro__})
    digest.update(b"".join(sources))
    digest.update("".join(f"{library} {_version(library)}" for library in libraries).encode())
    digest.update(repr([os.environ.get(name) for name in _ROUNDING]).encode())
    return f"{type(peer).__name__}-{digest.hexdigest()[:20]}"


def _content(X):
    """What kind of rows `X` holds, as something that has a `repr`, and the rows as bytes."""
    from .base import checked_rows

    if isinstance(X, list | tuple) and any(isinstance(text, str) for text in X):
        texts = texts_in(X)
        return (list(map(len, texts)), str), "".join(texts).encode("utf-8", "surrogatepass")
    rows = X if hasattr(X, "columns") else as_array(X, "X")
    kind = str(getattr(rows, "dtype", ""))  # a picture of bytes is another one than the same numbers as floats
    rows = numbers_in(rows, "X") if rows.ndim == 3 else checked_rows(X)
    return (rows.shape, kind, list(getattr(X, "columns", ()))), np.ascontiguousarray(rows)


_PACKAGE = __name__.partition(".")[0]
_ROOT = Path(__file__).parent.parent
# What does arithmetic, by the name by which it is imported, and where it is installed from.
_LIBRARIES = {name: [name] for name in ("numpy", "scipy", "equinox", "optax")}
_LIBRARIES |= {"sklearn": ["scikit-learn"], "jax": ["jax", "jaxlib"]}
# By these the same code gives other last bits: what one session kept must not be another's figure.
_ROUNDING = ["OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES", "XLA_FLAGS", "JAX_PLATFORMS"]
_ROUNDING += [f"{library}_NUM_THREADS" for library in ("OMP", "OPENBLAS", "MKL")]
_ROUNDING += ["JAX_ENABLE_X64", "JAX_DEFAULT_MATMUL_PRECISION", "JAX_PLATFORM_NAME", "MKL_CBWR"]
_ROUNDING += ["JAX_DISABLE_MOST_OPTIMIZATIONS", "TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL"]


def _code(modules):
    """What some modules do: the sources of those of this package, and of all that these import, and libraries."""
    sources, seen, left = {}, set(), set(modules)
    while left:
        seen.add(module := left.pop())
        if path := _path(module):
            sources[module] = path.read_bytes()
            left |= _imports(module, path, sources[module]) - seen
    installed = [name for module in seen for name in _LIBRARIES.get(module.partition(".")[0], [])]
    return [sources[module] for module in sorted(sources)], sorted(set(installed))


def _path(module):
    package, *names = module.split(".")
    if package != _PACKAGE:
        return None
    place = _ROOT.joinpath(*names)
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def _imports(module, path, source):
    """The full names of what a module imports, wherever in it."""
    parents, found = module.split(".") + ["__init__"] * (path.name == "__init__.py"), set()
    codes = [compile(source, path, "exec", dont_inherit=True)]  # `ast.parse` of Python 3.11 fails in threads
    for code in codes:
        codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
        for kind, what in ModuleFinder().scan_opcodes(code):
            if kind == "store":
                continue
            level, names, base = (0, *what)[-3:]  # an absolute import has no level
            if level:
                base = ".".join([*parents[:-level], *filter(None, [base])])
            inner = {f"{base}.{name}" for name in names or ()}
            modules = {name for name in inner if _path(name)}
            # A package that is only passed through does not count: a peer's does not, with its list of all peers.
            found |= modules if modules and modules == inner else modules | {base}
    return found


def _version(library):
    try:
        return version(library)
    except ModuleNotFoundError:
        return None
