"""An audit of rows that lie in shards is that of the arrays, to the byte, wherever its parts are searched."""

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from distributed import Client, LocalCluster
from hypothesis import given, settings
from hypothesis import strategies as st

import memgen_lite as mg
from memgen_lite.shared import spread_search
from memgen_lite.shared.engines import using
from memgen_lite.shared.shards import Shards
from memgen_lite.shared.tie_order import TieOrder
from tests.holding import most_held

RNG = np.random.default_rng(0)
T, H, G = RNG.normal(size=(3, 300, 5))
G[:30] = T[:30] + 0.02 * RNG.normal(size=(30, 5))
G[40:50], T[101], H[7] = T[40:50], T[102], T[9]  # copies, a row twice on one side, and one on both


def cut(rows, *where):
    return mg.shards(np.split(rows, where))


@pytest.fixture
def small_parts(monkeypatch):
    """Parts of some hundred rows, where engines would get them by the 64 MiB."""
    monkeypatch.setattr(Shards.groups, "__defaults__", (4000,))


@pytest.fixture(scope="module")
def workers():
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


tied = st.integers(0, 10_000).map(lambda seed: np.random.default_rng(seed).integers(0, 2, size=(3, 60, 5)))


@settings(max_examples=25, deadline=None)
@given(
    tied, st.lists(st.integers(1, 59), max_size=4, unique=True), st.lists(st.integers(1, 59), max_size=2, unique=True)
)
def test_any_cut_gives_the_same_bytes_where_many_rows_tie(samples, some, others):
    T, H, G = (X.astype(np.int8) for X in samples)
    T[0], H[0] = 2, 3  # so that something is held out
    options = {"n_relabelings": 39, "random_state": 1}
    whole = mg.audit(T, H, G, **options)
    assert mg.audit(cut(T, *sorted(some)), cut(H, *sorted(others)), G, **options).to_json() == whole.to_json()
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(Shards.groups, "__defaults__", (60,))  # twelve rows
        found = mg.audit(cut(T, *sorted(some)), cut(H, *sorted(others)), G, engine=pool, **options)
    assert found.to_json() == whole.to_json()


def of_other_dtypes():
    return T.astype(np.float32), H, G.astype(np.float32)


def of_whole_numbers():
    return (np.round(4 * X).astype(dtype) for X, dtype in zip((T, H, G), ("i8", "i4", "i2"), strict=True))


def of_one_side_rounded():
    return np.round(T, 1), H, G


def of_halves():
    return (X.astype(np.float16) for X in (T, H, G))


def of_flags():
    return (np.hstack([X > 0, X > 0.5, X > -0.5]) for X in (T, H, G))


@pytest.mark.parametrize("samples", [of_other_dtypes, of_whole_numbers, of_one_side_rounded, of_halves, of_flags])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_any_numbers_are_compared_as_those_of_arrays(samples, metric):
    T, H, G = samples()
    if metric == "cosine":
        T, H, G = (np.hstack([X, np.ones((len(X), 1), X.dtype)]) for X in (T, H, G))  # no row of zeros
    options = {"metric": metric, "n_relabelings": 99}
    assert mg.audit(cut(T, 50, 51), cut(H, 200), G, **options).to_json() == mg.audit(T, H, G, **options).to_json()


OPTIONS = {
    "groups": {"groups": (np.arange(300) // 3, 1000 + np.arange(300) // 2)},
    "ignore": {"ignore": [1]},
    "features": {"features": lambda X: np.tanh(np.asarray(X)), "spaces": {"some": lambda X: np.asarray(X)[:, :2]}},
    "cosine": {"metric": "cosine"},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_gives_the_same_bytes(name, small_parts, workers):
    options = OPTIONS[name]
    whole = mg.audit(T, H, G, **options).to_json()
    assert mg.audit(cut(T, 9, 100), cut(H, 200), G, **options).to_json() == whole
    assert mg.audit(cut(T, 9, 100), H, G, engine=workers, **options).to_json() == whole


def test_features_are_asked_of_some_rows_at_a_time(monkeypatch):
    monkeypatch.setattr("memgen_lite.shared.shards._BLOCK", 4000)
    asked = []

    def features(X):
        asked.append(len(X))
        return X

    mg.audit(cut(T, 9), cut(H), G, features=features, n_relabelings=19)
    assert max(asked) <= 300
    assert asked.count(100) == 6


def test_other_audits_take_shards_too():
    samples = {"one": (T, H, G), "two": (T, H, T)}
    cuts = {name: (cut(T, 50), cut(H, 9), rows) for name, (*_, rows) in samples.items()}
    assert repr(mg.audit_together(cuts)) == repr(mg.audit_together(samples))
    one, two = (mg.audit_compare(*pair, G, T, n_relabelings=39) for pair in ((T, H), (cut(T, 50), cut(H, 9))))
    assert repr(one) == repr(two)
    one, two = (mg.audit_sequence(*pair, {1: G, 2: T}, n_relabelings=39) for pair in ((T, H), (cut(T, 50), cut(H, 9))))
    assert repr(one) == repr(two)


def test_reports_show_rows_of_shards(tmp_path):
    found = mg.audit(cut(T, 50), cut(H, 9), G, random_state=0)
    whole = mg.audit(T, H, G, random_state=0)
    for audit, name in ((found, "found"), (whole, "whole")):
        audit.to_html(tmp_path / name, records=True)
    assert (tmp_path / "found").read_text() == (tmp_path / "whole").read_text()
    assert found.copies.equals(whole.copies)


def test_progress_of_workers_is_that_of_all_rows(small_parts, monkeypatch):
    steps = []

    class Bar:
        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def update(self, done):
            steps.append(done)

    monkeypatch.setattr("memgen_lite.auditing.auditing.bar", lambda total, *told: steps.append(-total) or Bar())
    with ThreadPoolExecutor(2) as pool:
        mg.audit(cut(T), cut(H), G, engine=pool, n_relabelings=99)
    assert sum(steps[1:]) == 300 + 100 == -steps[0]
    assert len(steps) > 5


def lines_of(folder):
    T, H, G = np.random.default_rng(1).normal(size=(3, 20_000, 32)).astype(np.float32)
    G = G[:1000]
    G[:40] = T[:40]
    for i, part in enumerate(np.array_split(T, 7)):
        np.save(folder / f"{i}.npy", part)
    return T, H, G


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX")
def test_a_cluster_that_loses_a_worker_finishes_with_the_same_bytes(tmp_path, monkeypatch):
    T, H, G = lines_of(tmp_path)
    whole = mg.audit(T, H, G).to_json()
    monkeypatch.setattr(Shards.groups, "__defaults__", (200_000,))
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        workers = list(client.run(os.getpid).values())
        killed = []

        def kill():
            while not any(client.processing().values()):  # until it has something to lose
                time.sleep(0.01)
            os.kill(workers[0], signal.SIGKILL)
            killed.append(workers[0])

        thread = threading.Thread(target=kill)
        thread.start()
        found = mg.audit(mg.shards(tmp_path / "*.npy"), mg.shards(H), G, engine=client)
        thread.join()
    assert killed
    assert found.to_json() == whole


def die(*args):
    os._exit(1)


def test_an_engine_that_dies_is_told_of():
    with (
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool,
        pytest.MonkeyPatch.context() as patch,
        pytest.raises(RuntimeError, match="engine died before its parts"),
    ):
        patch.setattr("memgen_lite.shared.shards._facts_of", die)
        mg.audit(cut(T), cut(H), G, engine=pool)


def test_an_engine_that_was_shut_down_is_named():
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(RuntimeError, match=r"engine must take parts, got .*ThreadPoolExecutor.*, which takes no more"):
        mg.audit(cut(T), cut(H), G, engine=pool)


def test_an_interrupt_leaves_no_result_and_says_so():
    class Interrupted(ThreadPoolExecutor):
        def submit(self, *task):
            raise KeyboardInterrupt

    with Interrupted(1) as pool, pytest.raises(KeyboardInterrupt, match="there is no result"):
        mg.audit(cut(T), cut(H), G, engine=pool)


@pytest.mark.parametrize("place", ["nearness._merged", "auditing.check", "auditing.leakage"])
def test_an_interrupt_between_the_parts_or_after_them_says_so_too(place, monkeypatch):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"memgen_lite.auditing.{place}", interrupted)
    with ThreadPoolExecutor(1) as pool, pytest.raises(KeyboardInterrupt, match="there is no result"):
        mg.audit(cut(T), cut(H), G, engine=pool)


def test_parts_that_nobody_waits_for_any_more_are_not_searched(monkeypatch):
    searched, one, over = [], spread_search._nearest_of, threading.Event()

    def counted(*task):
        searched.append(task)
        assert len(searched) == 1 or over.wait(60)
        return one(*task)

    def interrupted(done):
        raise KeyboardInterrupt

    monkeypatch.setattr(spread_search, "_nearest_of", counted)
    monkeypatch.setattr(Shards.groups, "__defaults__", (T[:2].nbytes,))
    order = TieOrder(np.random.default_rng(0), len(T))
    asked = {"order": order, "numbers": 0, "metric": "euclidean", "progress": interrupted}
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(KeyboardInterrupt) as raised, using(pool):
            spread_search.spread_nearest(G, cut(T), 2, **asked)
        over.set()
    assert raised.tb and len(searched) <= 2 < len(T) // 2  # a traceback would keep what waits


def test_a_shard_that_a_worker_can_not_read_is_named(tmp_path, workers):
    np.save(tmp_path / "a.npy", T)
    shards = mg.shards(tmp_path / "a.npy")
    (tmp_path / "a.npy").unlink()
    with pytest.raises(OSError, match=r"a.npy can't be read"):
        mg.audit(shards, H, G, engine=workers)


@pytest.mark.parametrize("engine", ["threads", 4, object()])
def test_what_is_no_engine_is_refused(engine):
    with pytest.raises(TypeError, match=r"engine must be an Executor of concurrent.futures, a Client of"):
        mg.audit(T, H, G, engine=engine)


@pytest.mark.skipif(os.name != "posix", reason="only POSIX forks")
def test_an_engine_that_forks_is_refused():
    said = r"engine must not fork, .*get_context\('spawn'\)"
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(1, mp_context=context) as pool, pytest.raises(ValueError, match=said):
        mg.audit(T, H, G, engine=pool)


class Made:
    """Rows that are made when they are asked for, and of which nothing is held."""

    ends, dtype = None, np.dtype(np.float32)

    def __init__(self, size, width, seed):
        self.name, self.size, self.shape = f"made[{seed}]", size, (width,)
        self.rows = np.random.default_rng(seed).random((997, width), dtype=np.float32)

    def read(self, rows):
        numbers = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
        return self.rows[numbers % 997] + (numbers[:, None] / 10**6).astype(np.float32)


def test_memory_is_that_of_tiles_and_not_of_the_rows():
    width = 256
    G = np.random.default_rng(0).random((64, width), dtype=np.float32)

    def audited(size):  # of which single precision takes more than the 128 MiB of a search
        train, held_out = (Shards([Made(size // 2, width, seed), Made(size // 2, width, seed + 1)]) for seed in (0, 2))
        mg.audit(train, held_out, G, n_relabelings=19)

    less, more = most_held(audited, 140_000, 240_000)
    assert more - less < 64 * 2 * 100_000  # a few numbers a row, of 1,024 bytes each, are held


class InThisThread(Executor):
    """An engine that has each part done before it is asked for, so that all that may wait does."""

    def submit(self, function, /, *args):
        done = Future()
        done.set_result(function(*args))
        return done


def test_the_caller_of_an_engine_holds_three_numbers_a_row(monkeypatch):
    monkeypatch.setattr(Shards.groups, "__defaults__", (2**18,))  # parts of 16,384 rows, whatever there are of them

    rows = np.random.default_rng(0).random((2, 400_000, 4), np.float32)

    def audited(size):
        train, held_out = (mg.shards(side[:size]) for side in rows)  # new ones, that know nothing yet
        mg.audit(train, held_out, train[:64] + np.float32(0.01), n_relabelings=19, engine=InThisThread())

    less, more = most_held(audited, 200_000, 400_000)
    assert more - less < 24 * 2 * 200_000
