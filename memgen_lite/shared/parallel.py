"""Side by side on all processors, in threads: what NumPy and BLAS compute does not hold the interpreter."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import joblib
from threadpoolctl import ThreadpoolController

_here = threading.local()


_lock, _inside, _found = threading.RLock(), set(), []


class one_thread:
    """`with one_thread():` has BLAS at one thread as long as somebody is inside.

    That is for many small steps too: threads that wait for each other on a busy machine take minutes. Who left last
    restores what who came first found.

    An interrupt may come at any line of it: what was found is kept before anything is set, to leave twice does no harm,
    and one that was never left, as the interrupt came first, leaves when it is deleted.
    """

    _entered = False

    def __enter__(self) -> "one_thread":
        self._entered = True
        try:
            with _lock:
                if not _inside:
                    _found[:] = [(one, one.num_threads) for one in ThreadpoolController().lib_controllers]
                    for one, _ in _found:
                        one.set_num_threads(1)
                _inside.add(id(self))
            return self
        except BaseException:
            self._leave()
            raise

    def __exit__(self, *error: object) -> None:
        try:
            self._leave()
        except BaseException:
            self._leave()
            raise

    def __del__(self) -> None:
        self._leave()

    def _leave(self):
        with _lock:
            if not self._entered:
                return
            _inside.discard(id(self))
            if not _inside:
                for one, number in _found:
                    one.set_num_threads(number)
                _found.clear()  # else one that is interrupted before it set anything would restore what was long ago
            self._entered = False


def processors(most: int = 4) -> int:
    """How many threads are worth starting from here: 1 inside one that :func:`in_parallel` has started."""
    if getattr(_here, "started", False):
        return 1
    return min(most, joblib.cpu_count())


def in_parallel(function: Callable[[Any], Any], items: Iterable[Any], *, most: int = 4) -> Iterator[Any]:
    """function(x) for each x, in this order, by a thread for each processor: NumPy lets them run side by side.

    Inside such a thread, and with one processor, it is done on the spot.

    >>> list(in_parallel(abs, [-2, 3]))
    [2, 3]
    """
    if (workers := processors(most)) == 1:
        yield from map(function, items)
        return
    context = copy_context()  # what is set for those who ask here holds there too
    with one_thread():  # else each of them would start as many
        workers = ThreadPoolExecutor(workers, initializer=setattr, initargs=(_here, "started", True))
        try:
            yield from workers.map(lambda item: context.copy().run(function, item), items)
        finally:
            workers.shutdown(cancel_futures=True)
