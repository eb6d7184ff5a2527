"""Rows in a file are audited a tile at a time: what is held grows with the rows by a few numbers for each."""

import numpy as np
import pytest

import memgen_lite as mg
from memgen_lite.auditing import leakage
from memgen_lite.shared import neighbors, points, search
from tests.holding import most_held


def in_file(path, rows, d, dtype, seed):
    X = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=(rows, d))
    X[:] = np.random.default_rng(seed).random((rows, d)) * (256 if dtype == "u1" else 1)
    X[-1] = X[0]  # a repeated row, so that a part of the side is searched
    X.flush()
    return np.load(path, mmap_mode="r")


@pytest.mark.parametrize(("dtype", "metric"), [("f2", "euclidean"), ("f4", "cosine"), ("u1", "euclidean")])
def test_an_audit_holds_a_tile_and_some_numbers_a_row_and_no_copy(tmp_path, monkeypatch, dtype, metric):
    """At twice the rows it holds at most 50 bytes more for each, where a row in single precision has 1,024."""
    for module in (points, search):
        monkeypatch.setattr(module, "MEMORY", 2**21)
    monkeypatch.setitem(neighbors.neighbors.__kwdefaults__, "memory", 2**21)
    monkeypatch.setattr(search, "_A_THREAD", 2**20)
    monkeypatch.setattr(leakage, "_ROWS", 500)  # else its sample, 20 MB in double precision, hides what grows
    options = {"metric": metric, "n_relabelings": 19, "random_state": 0}

    def audited(files):
        assert mg.audit(*files, np.array(files[0][:300]), **options).dose == 1

    sizes = (10_000, 20_000)
    files = ([in_file(tmp_path / f"{n}_{i}.npy", n, 256, dtype, i) for i in range(2)] for n in sizes)
    held = most_held(audited, *files)
    assert held[1] - held[0] < 50 * 2 * 10_000, held


def test_rows_that_are_made_tile_by_tile_are_audited_as_copies_of_them_are(monkeypatch):
    rng = np.random.default_rng(0)
    train, held_out, generated = (rng.integers(0, 3, (n, 6)).astype("f2") for n in (3000, 2000, 1500))
    whole = mg.audit(train, held_out, generated, random_state=0)
    monkeypatch.setattr(search, "_POINTS", 256)
    monkeypatch.setattr(search, "MEMORY", 2**14)
    assert mg.audit(train, held_out, generated, random_state=0).to_json() == whole.to_json()
