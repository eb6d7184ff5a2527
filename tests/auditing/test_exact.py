"""Exact matches and their control, beside sets of Python's own."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import hypergeom

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
