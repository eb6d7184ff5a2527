"""Whether two samples are in one unit is asked where they tell, and not of so few values that chance would do it."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from memgen_lite.shared.kinds.reading import together


def asked(train, held_out, generated):
    notes = together({"train": train, "held_out": held_out, "generated": generated}).notes
    return [note for note in notes if "same units" in note]


@pytest.mark.parametrize("table", [np.asarray, pd.DataFrame])
@pytest.mark.parametrize("count", [1, 2, 3, 8, 19, 20, 40])
def test_rows_of_one_law_are_asked_nothing_however_few_they_are(count, table):
    """Of 20 draws of each of five laws none: each asks with a probability below 1 in 10,000, but for the skewed one."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        for d in (1, 2, 30):
            laws = rng.normal, rng.random, rng.exponential, partial(rng.integers, 0, 2), np.ones
            for law in laws:
                assert not asked(
                    *(table(law(**{"shape" if law is np.ones else "size": (n, d)})) for n in (100, 100, count))
                )


@pytest.mark.parametrize("table", [np.asarray, pd.DataFrame])
@pytest.mark.parametrize("d", [1, 2, 8])
@pytest.mark.parametrize("factor", [255, 1000])
def test_few_rows_in_another_unit_are_asked_about_where_both_begin_at_0(factor, d, table):
    for seed in range(5):
        real = np.random.default_rng(seed).random((2, 100, d))
        for count in (5, 19):
            assert asked(*map(table, (*real, factor * real[0][:count])))
            assert asked(table(real[0][:count]), table(real[1][:count]), table(factor * real[0]))


@pytest.mark.parametrize("table", [np.asarray, pd.DataFrame])
def test_few_rows_that_lie_far_off_are_asked_about(table):
    rng = np.random.default_rng(0)
    train, held_out, few = (rng.normal(10, 1, size=(n, 2)) for n in (100, 100, 3))
    assert asked(*map(table, (train, held_out, 1000 * few)))
    assert asked(*map(table, (train, held_out, 1000 * few[:1])))
    assert asked(*map(table, (train, held_out, few * [1, 1000])))
    assert asked(*map(table, (train * [1, 1e6], held_out * [1, 1e6], few * [1000, 1e6])))


def test_times_and_whole_numbers_beyond_every_float_are_compared_as_they_are():
    train = pd.DataFrame({"t": pd.date_range("2020", periods=100), "i": np.arange(2**64 - 100, 2**64, dtype="uint64")})
    assert not asked(train, train, train.iloc[50:51])
    later = train.assign(t=train["t"] + pd.Timedelta("900D"), i=np.arange(100, dtype="uint64"))
    assert [note.split("'")[1] for note in asked(train, train, later.iloc[:1])] == ["t", "i"]
