"""What is stored of many spaces, of dependence, and of checkpoints keeps what the audit promises."""

import numpy as np
import pytest

import memgen_lite as mg

RECORD = mg.data.record("sight")
ROWS = {(row["kind"], row["altered copies"]): row for row in RECORD["rows"]}
LEARNED = {
    row["what"]: row for row in RECORD["tables"]["Depends on its training rows, or copies: share of audits that say so"]
}


def slack(share, repeats):
    """Three standard errors of a share that is promised."""
    return 3 * np.sqrt(share * (1 - share) / repeats)


def test_there_are_three_kinds_of_eight_alterations():
    kinds = [kind for kind, name in ROWS if name != "none"]
    assert {kind: kinds.count(kind) for kind in kinds} == {"pictures": 8, "tables": 8, "texts": 8}


@pytest.mark.parametrize("kind", ["pictures", "tables", "texts"])
def test_what_copies_nothing_is_accused_in_one_case_of_twenty_in_one_space_or_many(kind):
    row = ROWS[kind, "none"]
    for spaces in ("first space", "all spaces"):
        assert row[spaces] <= 0.05 + slack(0.05, row["repeats"])


def test_of_the_rows_named_in_all_spaces_a_tenth_is_wrong_at_most():
    for row in RECORD["rows"]:
        assert row["false names"] <= 0.1 + slack(0.1, row["repeats"]), row


@pytest.mark.parametrize("name", ["mirrored", "shifted by a pixel", "brightness halved", "right half replaced"])
def test_a_disguise_that_pixels_do_not_see_is_always_seen_in_all_spaces(name):
    row = ROWS["pictures", name]
    assert row["first space"] <= 0.4 and row["all spaces"] >= 0.95


def test_looking_in_all_spaces_costs_little_power_where_the_first_one_sees():
    """.15 is three standard errors of a difference of 40 pairs that differ in one of ten."""
    for row in RECORD["rows"]:
        assert row["all spaces"] >= row["first space"] - 0.15 - slack(0.1, row["repeats"]), row


def test_a_model_that_learned_and_copied_nothing_is_told_in_nine_of_ten_and_a_blind_one_in_one_of_twenty():
    for what, row in LEARNED.items():
        if what.startswith("blind"):
            assert max(row["depends"], row["copies"]) <= 0.05 + slack(0.05, row["repeats"]), what
        elif what.startswith(("allele", "Gaussian", "mixture")):
            assert row["depends"] >= 0.9, what


def test_copying_is_not_dated_before_it_starts():
    (row,) = RECORD["tables"]["Where copying starts"]
    assert row["false start"] <= 0.05 + slack(0.05, row["repeats"]) and row["found at 4"] >= 0.8


def test_every_promise_of_epsilon_and_of_comparisons_holds():
    told = RECORD["tables"]["Epsilon, and which of two copies more"]
    assert len(told) > 50 and not [row for row in told if row["holds"] == "NO"]
