"""Metrics of shards: the value of the same rows in memory, of which no more than a part is ever read."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import memgen_lite as mg
from memgen_lite.metrics.registry import METRICS
from memgen_lite.shared.shards import Shards
from tests.holding import most_held

STREAMED = [name for name, entry in METRICS.items() if entry.streams]


def test_the_metrics_that_stream_are_those_of_moments_and_of_the_nearest_row():
    assert set(STREAMED) == {"frechet", "frechet_inf", "dcr_share", "nndr", "identical_share"}


@pytest.mark.parametrize("name", STREAMED)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_metric_of_shards_is_that_of_the_rows_in_memory(name, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    width, dtype = data.draw(st.integers(1, 5)), data.draw(st.sampled_from(["f2", "f4", "f8", "i4", "?"]))
    tied = data.draw(st.booleans()) or dtype in ("i4", "?")
    sides = []
    for rows in (data.draw(st.integers(7, 60)), data.draw(st.integers(7, 60)), 25):
        X = rng.integers(0, 3, (rows, width)) if tied else rng.normal(size=(rows, width))
        X[:2] = [[0], [1]]  # so that two rows differ
        sides.append(X.astype(dtype))
    T, H, G = sides
    if data.draw(st.booleans()):  # a covariance without an inverse
        T[:, 0] = H[:, 0] = T[0, 0]
        T[1] = H[1] = 1
    cuts = [sorted(data.draw(st.lists(st.integers(1, len(X) - 1), max_size=3, unique=True))) for X in (T, H)]
    parts = [mg.shards(np.split(X, cut)) for X, cut in zip((T, H), cuts, strict=True)]
    for reference in ("train", "held_out"):
        asked = {"generated": G, "reference": reference}
        try:
            expected = mg.metrics.compute(name, train=T, held_out=H, **asked)
        except ValueError as error:
            with pytest.raises(ValueError) as raised:
                mg.metrics.compute(name, train=parts[0], held_out=parts[1], **asked)
            assert str(raised.value) == str(error)
            continue
        found = mg.metrics.compute(name, train=parts[0], held_out=parts[1], **asked)
        assert found == pytest.approx(expected, rel=1e-7, abs=1e-7)


class Few:
    """Rows that are made when they are asked for, and never all at once."""

    ends, dtype, size, name = None, np.dtype(np.float32), 60_000, "few"

    def __init__(self, seed):
        self.shape, self.most = (512,), 0
        self.rows = np.random.default_rng(seed).random((997, 512), dtype=np.float32)

    def read(self, rows):
        numbers = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
        self.most = max(self.most, len(numbers))
        return self.rows[numbers % 997] + (numbers[:, None] / 1e6).astype(np.float32)


@pytest.mark.parametrize("name", STREAMED)
def test_no_more_than_a_part_of_the_rows_is_read_at_once(name):
    sources = Few(0), Few(1)
    train, held_out = (Shards([source]) for source in sources)
    generated = np.random.default_rng(2).random((30, 512), dtype=np.float32)
    value = mg.metrics.compute(name, train=train, held_out=held_out, generated=generated)
    assert np.isfinite(value) and 0 < sources[0].most <= 2**15


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_an_evaluation_of_some_rows_of_shards_is_that_of_the_rows_in_memory(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    dtype, tied = data.draw(st.sampled_from(["f2", "f4", "f8", "i4"])), data.draw(st.booleans())
    T, H, G = (
        (rng.integers(-2, 3, (rows, 3)) if tied else 9 * rng.normal(size=(rows, 3))).astype(dtype)
        for rows in (data.draw(st.integers(60, 200)), data.draw(st.integers(60, 200)), 50)
    )
    G[:5] = T[:5]
    H[: data.draw(st.integers(0, 60))] = T[0]
    H = T[: len(H)] if data.draw(st.booleans()) else H
    cuts = [sorted(data.draw(st.lists(st.integers(1, len(X) - 1), max_size=3, unique=True))) for X in (T, H)]
    parts = [mg.shards(np.split(X, cut)) for X, cut in zip((T, H), cuts, strict=True)]
    asked = {"metrics": ["frechet", "authenticity"], "n_null": 19, "max_rows": data.draw(st.integers(20, 60))}
    assert mg.evaluate(*parts, G, **asked).to_json() == mg.evaluate(T, H, G, **asked).to_json()


class Narrow(Few):
    """Rows of 32 columns, all of which come twice where they are `repeated`."""

    def __init__(self, seed, size, repeated):
        super().__init__(seed)
        self.shape, self.size, self.repeated = (32,), size, repeated
        self.rows = self.rows[:, :32]

    def read(self, rows):
        numbers = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
        self.most = max(self.most, len(numbers))
        return self.rows[numbers % 997] + ((numbers // (1 + self.repeated))[:, None] / 1e6).astype(np.float32)


@pytest.mark.parametrize(("repeated", "limit"), [(False, 32), (True, 128)])
def test_an_evaluation_of_some_rows_of_shards_holds_few_bytes_for_each_of_the_others(repeated, limit, monkeypatch):
    monkeypatch.setattr("memgen_lite.shared.shards._BLOCK", 2**18)  # so that blocks are small beside what grows
    generated = np.random.default_rng(2).random((200, 32), dtype=np.float32)

    def evaluated(rows):
        sides = [Narrow(0, rows, repeated), Narrow(0 if repeated else 1, rows, repeated)]
        mg.evaluate(*(Shards([side]) for side in sides), generated, ["energy"], n_null=19, max_rows=100)
        assert max(side.most for side in sides) <= 2**14, "never more of them than this at once"

    few, many = most_held(evaluated, 50_000, 150_000)
    assert (many - few) / 200_000 < limit, "as doubles the rows would be 256"
