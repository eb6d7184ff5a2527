"""Results come in order, from one thread a processor, and an interrupt stops what has not begun."""

import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from memgen_lite.shared.parallel import in_parallel, one_thread, processors
from tests.interrupting import interrupt_at


def test_results_come_in_order():
    assert list(in_parallel(lambda i: i * i, range(100))) == [i * i for i in range(100)]


def test_threads_share_the_work_and_start_no_others(monkeypatch):
    monkeypatch.setattr("joblib.cpu_count", lambda: 2)
    seen, both = set(), threading.Barrier(2, timeout=20)

    def work(i):
        if i < 2:
            both.wait()  # passes only if two are at work
        np.ones((9, 9)) @ np.ones((9, 9))
        seen.add(threading.get_ident())
        return max(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")

    assert set(in_parallel(work, range(8))) == {1}
    assert len(seen) >= 2


@pytest.mark.parametrize("count", [1, 2])
def test_within_a_thread_and_with_one_processor_no_other_is_started(count, monkeypatch):
    monkeypatch.setattr("joblib.cpu_count", lambda: count)

    def work(i):
        mine = threading.get_ident()
        return processors() == 1 and all(in_parallel(lambda j: threading.get_ident() == mine, range(3)))

    assert all(in_parallel(work, range(4)))
    assert processors() == count


def test_an_interrupt_is_passed_on_and_ends_the_work():
    started = []

    def work(i):
        started.append(i)
        if i == 9:
            raise KeyboardInterrupt
        return i

    done = []
    with pytest.raises(KeyboardInterrupt):
        for i in in_parallel(work, range(100_000)):
            done.append(i)
    assert done == list(range(9))
    assert len(started) < 100_000


def _blas():
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


@pytest.mark.parametrize("first_out", [0, 1])
def test_those_that_overlap_leave_blas_as_the_first_one_found_it(first_out, monkeypatch):
    monkeypatch.setattr("joblib.cpu_count", lambda: 2)
    with threadpool_limits(2):
        before = _blas()
        runs = [in_parallel(lambda i: i, range(3)) for _ in range(2)]
        for run in runs:
            next(run)
        assert set(_blas()) == {1}
        runs[first_out].close()
        assert set(_blas()) == {1}
        list(runs[1 - first_out])
        assert _blas() == before


def test_many_at_once_leave_blas_as_it_was(monkeypatch):
    monkeypatch.setattr("joblib.cpu_count", lambda: 2)

    def again(_):
        for _ in range(20):
            assert list(in_parallel(lambda i: i, range(4))) == [0, 1, 2, 3]

    with threadpool_limits(2):
        before = _blas()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(again, range(4)))
        assert _blas() == before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of one that comes while it is deleted
def test_an_interrupt_at_any_line_leaves_blas_as_it_was(monkeypatch):
    """Also while one thread is set or restored; of two that overlap, the other one still has it."""
    monkeypatch.setattr("joblib.cpu_count", lambda: 2)

    def use():
        with one_thread():
            list(in_parallel(abs, range(3)))

    with threadpool_limits(1):
        use()  # what was found once is nothing to go back to
    with threadpool_limits(2):
        before, step = _blas(), 1
        gc.collect()
        gc.freeze()  # what other tests left is not looked through at each of the lines
        while interrupt_at(step, use):
            gc.collect()
            assert _blas() == before, step
            step += 1
        assert step > 20
        with one_thread():
            for step in range(1, 40):
                interrupt_at(step, use)
                gc.collect()
                assert set(_blas()) == {1}, step
        assert _blas() == before
    gc.unfreeze()
