"""Where parts of long work are done: here, by the workers of an executor, or by those of a Dask cluster."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from .checks import shown
from .devices import library

_AHEAD = 32  # parts that are handed out before the first of them is back
_NOW: ContextVar[Any] = ContextVar("_NOW", default=None)
_NO_RESULT = "interrupted before all was done: there is no result"


@contextmanager
def using(engine: Any) -> Iterator[None]:
    """Within, :func:`spread` has an engine: an Executor, a `dask.distributed.Client`, or None for this process.

    With an engine a KeyboardInterrupt that leaves it, wherever it came, says that there is no result.
    """
    if engine is not None and not isinstance(engine, Executor) and not _is_dask(engine):
        raise TypeError(
            "engine must be an Executor of concurrent.futures, a Client of dask.distributed, or None, got "
            f"{shown(engine)}"
        )
    started = getattr(engine, "_mp_context", None)
    if started is not None and started.get_start_method() == "fork":
        raise ValueError(
            "engine must not fork, as its processes would wait for ever for threads that they lack: "
            "ProcessPoolExecutor(mp_context=multiprocessing.get_context('spawn'))"
        )
    before = _NOW.set(engine)
    try:
        yield
    except KeyboardInterrupt:
        if engine is None:
            raise
        raise KeyboardInterrupt(_NO_RESULT) from None
    finally:
        _NOW.reset(before)


def elsewhere() -> bool:
    """Whether there is an engine now."""
    return _NOW.get() is not None


def spread(function: Callable[..., Any], parts: Iterable[Any], *shared: Any) -> Iterator[Any]:
    """function(part, *shared) for each part, in order; function, parts and results are picklable.

    Raises
    ------
    RuntimeError : where the engine died, and what the function raises.
    """
    engine = _NOW.get()
    if engine is None:
        yield from (function(part, *shared) for part in parts)
        return
    if _is_dask(engine):
        # As tasks of the cluster they can be made again where a worker is lost, and are sent once.
        shared = tuple(_handed(engine, _same, one) for one in shared)
    waiting: deque[Any] = deque()
    try:
        for part in parts:
            waiting.append(_handed(engine, function, part, *shared))
            if len(waiting) >= _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except (BrokenExecutor, *_lost(engine)) as error:
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        raise RuntimeError(
            f"engine died before its parts were done, so there is no result; nothing else was lost: {said}"
        ) from error
    finally:
        for future in waiting:
            future.cancel()


def _handed(engine, function, *given):
    options = {"pure": False} if _is_dask(engine) else {}
    try:
        return engine.submit(function, *given, **options)
    except BrokenExecutor:
        raise
    except RuntimeError as error:
        if "shutdown" not in str(error):
            raise
        raise RuntimeError(f"engine must take parts, got {shown(engine)}, which takes no more: {error}") from error


def _same(value):
    return value


def _is_dask(engine):
    return library(engine) == "distributed" and hasattr(engine, "submit")


def _lost(engine):
    """What Dask raises where there is nobody left to ask."""
    if not _is_dask(engine):
        return ()
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError
    from distributed.comm import CommClosedError

    return KilledWorker, CommClosedError, FutureCancelledError, TimeoutError
