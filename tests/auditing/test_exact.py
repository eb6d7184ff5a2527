"""Exact matches and their control, beside sets of Python's own."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import hypergeom, nchypergeom_fisher

import memgen_lite as mg
from memgen_lite.auditing.exact import exact_control, exact_matches

VALUES = st.lists(st.integers(0, 12), min_size=1, max_size=15)


@given(VALUES, VALUES, VALUES)
def test_exact_matches_are_those_that_sets_find(train, held_out, generated):
    same = {"train": np.array(train), "held_out": np.array(held_out), "generated": np.array(generated)}
    expected = [
        {
            "train_row": train.index(value),
            "generated_rows": [row for row, made in enumerate(generated) if made == value],
            "in_held_out": value in held_out,
        }
        for value in set(train) & set(generated)
    ]
    assert exact_matches(same) == sorted(expected, key=lambda match: match["train_row"])


@given(VALUES, VALUES, VALUES)
def test_the_control_counts_values_of_one_side_alone(train, held_out, generated):
    same = {"train": np.array(train), "held_out": np.array(held_out), "generated": np.array(generated)}
    found = exact_control(same)
    alone = {"train": set(train) - set(held_out), "held_out": set(held_out) - set(train)}
    counts = {role: len(values & set(generated)) for role, values in alone.items()}
    assert {role: found[role] for role in counts} == counts
    n, k = map(len, alone.values())
    assume(n + k)  # an audit asks that some held-out value is none of train
    assert np.isclose(found["p_value"], hypergeom.sf(counts["train"] - 1, n + k, n, sum(counts.values())))


@given(st.data())
def test_the_odds_are_those_at_which_so_many_of_train_have_a_p_value_of_one_in_twenty(data):
    train, held_out = (data.draw(st.integers(1, 30)) for _ in range(2))
    of_train, of_held = data.draw(st.integers(0, train)), data.draw(st.integers(0, held_out))
    odds = exact_control(matched(train, held_out, of_train, of_held))["odds"]
    if of_train == max(0, of_train + of_held - held_out):
        assert odds == 0  # as few as can be
    else:
        args = of_train - 1, train + held_out, train, of_train + of_held
        assert nchypergeom_fisher.sf(*args, odds) == pytest.approx(0.05, rel=1e-4)
        assert (odds > 1) == (hypergeom.sf(*args) < 0.05)


def matched(train, held_out, of_train, of_held):
    """Different values on both sides, so many of each of which were generated."""
    generated = np.concatenate([np.arange(of_train), train + np.arange(of_held)])
    return {"train": np.arange(train), "held_out": train + np.arange(held_out), "generated": generated}


@pytest.mark.parametrize("unlike", [1, 3, 20])
def test_odds_above_those_that_there_were_are_claimed_once_in_twenty(unlike):
    """Values of one kind are `unlike` times as likely to be put into train; a generator that saw no row makes those.

    2,000 repeats: .05 is exceeded by more than 3.5 standard errors, .017, once in 4,000 runs.
    """
    rng, claimed = np.random.default_rng(unlike), 0
    for _ in range(2000):
        common = np.arange(400) < 100
        in_train = rng.random(400) < np.where(common, unlike / (1 + unlike), 0.5)
        values = np.arange(400)
        same = {"train": values[in_train], "held_out": values[~in_train], "generated": values[common]}
        claimed += exact_control(same)["odds"] > unlike
    assert claimed / 2000 < 0.067


def test_odds_stand_in_the_sentence_where_held_out_rows_are_unlike_training_rows():
    rng = np.random.default_rng(1)
    train, held_out = rng.normal(size=(300, 6)), 1.5 * rng.normal(size=(300, 6))
    found = mg.audit(train, held_out, train[:40], random_state=0)
    assert found.verdict.startswith("Can't tell: held-out rows are not like training rows")
    odds = found.to_dict()["exact_control"]["odds"]
    assert 13 < odds < 16 and f"generated was more than {odds:.1f} times as likely as the rest to be" in found.exactly
    assert found.exactly in str(found).replace("\n", " ")
    alike = mg.audit(train, held_out / 1.5, train[:40], random_state=0)
    assert alike.exactly.endswith("40 are of train and 0 of held-out (p = 2.3e-13).")
