"""Matrix products on the device that arrays of another library lie on: a graphics card, where there is one.

No precision of that device is taken on trust. Rows are rounded to 11 significant bits before they go there, which the
narrow formats of such products (TF32, half precision with sums in single) hold exactly; what the rounding took away is
measured, and a product of known rows is compared with that in double precision before the device is used at all. What
these bounds leave in question is settled here, in double precision, as everywhere: the answer is the same to the bit.
"""

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
T = TypeVar("T")

LEAST = 2**30  # multiplications: below, sending rows there and back takes longer than they do here
KEPT = 2**31  # bytes of rows that stay on the device, at the most
QUERIES, POINTS = 2048, 2**15  # of one product there: 256 MiB
ROUND = 2.0**-23  # of one step of a sum there, which may cut off where NumPy rounds
_DROPPED = 13  # bits of the 24 of single precision


class Device:
    """A device and what has to be asked of it, in the words of the array API standard.

    The methods take and give that library's arrays, of single precision.
    """

    def __init__(self, xp: Any, device: Any, kind: str = "cpu") -> None:
        self.xp, self.device, self.kind = xp, device, kind

    def __repr__(self) -> str:
        return f"{self.xp.__name__.partition('.')[0]} on {self.device}"

    def failed(self, error: Exception) -> None:
        """Warn that it is of no use any more, as one whose memory is full."""
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        warnings.warn(f"{self!r} failed, so products are computed here: {said}", stacklevel=3)

    def current(self) -> Any:
        """A context within which new arrays are made there."""
        return nullcontext()

    def put(self, X: np.ndarray) -> Any:
        return self.xp.asarray(X, device=self.device)

    def without(self, X: Any, mask: Any) -> Any:
        """The array, and infinity where the mask is true."""
        return self.xp.where(mask, self.xp.full_like(X, float("inf")), X)

    def minima(self, X: Any) -> Any:
        """The least along the second axis."""
        return self.xp.min(X, axis=1)

    def least(self, one: Any, two: Any, k: int) -> np.ndarray:
        """The k least of both in each row, here."""
        return here(self.xp.sort(self.xp.concat([one, two], axis=1), axis=1)[:, :k])

    def count(self, mask: Any) -> int:
        """How often it is true."""
        return int(self.xp.count_nonzero(mask))

    def up_to(self, X: Any, limit: Any) -> tuple[np.ndarray, np.ndarray]:
        """Places and values, here, of what is at most the limit of its row; places in the array laid out flat."""
        flat = self.xp.reshape(X, (-1,))
        places, count = self.places(self.xp.reshape(limit >= X, (-1,)))
        return here(places)[:count], here(self.xp.take(flat, places))[:count]

    def places(self, mask: Any) -> tuple[Any, int]:
        """Where it is true, and how many of these count."""
        places = self.xp.nonzero(mask)[0]
        return places, places.shape[0]


class _Jax(Device):
    def places(self, mask):
        count = self.count(mask)  # a program is compiled for each length: so for powers of two alone
        return self.xp.nonzero(mask, size=1 << max(count - 1, 0).bit_length(), fill_value=0)[0], count


class _CuPy(Device):
    def current(self):
        return self.device

    def put(self, X):
        return self.xp.asarray(X)


class _Torch(Device):
    def put(self, X):
        return self.xp.from_numpy(np.ascontiguousarray(X)).to(self.device)

    def minima(self, X):
        return X.amin(dim=1)

    def least(self, one, two, k):
        return here(self.xp.topk(self.xp.cat([one, two], dim=1), k, dim=1, largest=False).values)

    def places(self, mask):
        places = mask.nonzero()[:, 0]
        return places, len(places)


def library(X: Any) -> str:
    """The name of the library that an object is of.

    >>> library(np.zeros(2))
    'numpy'
    """
    return type(X).__module__.partition(".")[0]


def here(X: Any) -> np.ndarray:
    """Another library's array as NumPy's, wherever it lies."""
    if library(X) == "torch":
        X = X.detach()
        # NumPy has no such numbers, and single precision holds each of them.
        return (X.float() if any(kind in str(X.dtype) for kind in ("bfloat16", "float8")) else X).cpu().numpy()
    if library(X) == "cupy":
        return X.get()
    return np.asarray(X) if hasattr(X, "__array__") else np.from_dlpack(X)


def device_of(X: Any) -> Device | None:
    """The device of an array of another library, the processor included; None for what is no such array."""
    name = library(X)
    if name == "torch" and hasattr(X, "detach"):
        return _Torch(sys.modules["torch"], X.device, X.device.type)
    if name == "cupy" and hasattr(X, "get"):
        return _CuPy(sys.modules["cupy"], X.device, "gpu")
    if name.startswith("jax") and hasattr(X, "devices"):
        device = min(X.devices(), key=lambda device: device.id)
        return _Jax(sys.modules["jax"].numpy, device, device.platform)
    if hasattr(X, "__array_namespace__") and not isinstance(X, np.ndarray | np.generic):
        return Device(X.__array_namespace__(), getattr(X, "device", None))
    return None


def card_of(X: Any) -> Device | None:
    """The device of an array of PyTorch, CuPy or JAX that does not lie in the memory of the processor; else None."""
    if library(X) not in ("torch", "cupy", "jax", "jaxlib"):
        return None
    try:
        device = device_of(X)
    except Exception:  # of a tracer, or of what was deleted there: who reads it says so
        return None
    return None if device is None or device.kind in ("cpu", "meta") else device


# In a list, as it may be found out within, from what the reader's own features give.
_NOW: ContextVar[list[tuple[Device, int]] | None] = ContextVar("_NOW", default=None)


def fetched(X: Any) -> Any:
    """What lies on a graphics card as NumPy's array, and all else as it is; within :func:`on`, that card is used."""
    device, now = card_of(X), _NOW.get()
    if device is None:
        return X
    if now == []:
        now.append((device, LEAST))
    return here(X)


@contextmanager
def on(device: Device | None, least: int = LEAST) -> Iterator[None]:
    """Searches that begin within have their products there, if they take `least` multiplications or more.

    None is the one in use, or else that of the first array that is :func:`fetched` within.
    """
    before = _NOW.set((_NOW.get() or []) if device is None else [(device, least)])
    try:
        yield
    finally:
        _NOW.reset(before)


def device_for(multiplications: int, width: int) -> Device | None:
    """Where the products of a search of rows of this width are worth having; None for here."""
    now = _NOW.get()
    if not now or multiplications < now[0][1]:
        return None
    device = now[0][0]
    try:
        worst = excess(device, width)  # asked each time: a library's precision can be set at any time
    except Exception as error:  # whatever its library raises
        device.failed(error)
        return None
    if worst <= 1:
        return device
    warnings.warn(
        f"{device!r} gets products of matrices wrong by {worst:.3g} times what sums in single precision may, so they "
        "are computed here; its library may have been told to multiply in bfloat16",
        stacklevel=2,
    )
    return None


def rounded(X: np.ndarray) -> np.ndarray:
    """Numbers of single precision, to 11 significant bits.

    >>> rounded(np.float32([1 / 3, -5, 2049])).tolist()
    [0.333251953125, -5.0, 2050.0]
    """
    bits = np.ascontiguousarray(X, dtype=np.float32).view(np.uint32)
    half = np.uint32(1 << (_DROPPED - 1))
    return ((bits + half) & ~np.uint32(2 * half - 1)).view(np.float32)


def excess(device: Device, width: int) -> float:
    """How wrong products of known rows are, over what is allowed for: 1 is as much.

    Rows with one number, and zeros beside it, have products of one term, which are exact in single precision: so it is
    seen how many bits of a number count, however wide the rows are. In a long sum the sum's own errors would hide that.
    """
    rng = np.random.default_rng(0)
    full, two = (rounded(rng.standard_normal((n, width), dtype=np.float32)) for n in (16, 64))
    single = np.where(np.arange(width) == rng.integers(width, size=(16, 1)), full, np.float32(0))
    worst = 0.0
    for one, terms in ((full, width), (single, 1)):
        with device.current():
            found = here(device.put(one) @ device.put(two).T).astype(float)
        exact = one.astype(float) @ two.T.astype(float)
        sizes = np.abs(one.astype(float)) @ np.abs(two.T.astype(float))
        worst = max(worst, float((np.abs(found - exact) / (sizes * terms * ROUND)).max()))
    return worst


def _of(values):
    for X in values:
        if isinstance(X, Mapping):
            yield from _of(X.values())
        elif isinstance(X, list | tuple):
            yield from _of(X[:9])
        else:
            yield X


def where_they_lie(function: Callable[P, T]) -> Callable[P, T]:
    """The function, whose searches go to the graphics card that the first of its samples which lies on one lies on."""

    @wraps(function)
    def searched(*args: P.args, **kwargs: P.kwargs) -> T:
        devices = filter(None, map(card_of, _of([*args, *kwargs.values()])))
        with on(next(devices, None), LEAST):
            return function(*args, **kwargs)

    return searched
