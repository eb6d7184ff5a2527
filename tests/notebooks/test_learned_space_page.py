"""What page 52 says of the numbers that its figure and its benchmark stored."""

import json
from pathlib import Path

import pytest

import memgen_lite as mg

FIGURES = Path(__file__).resolve().parent.parent.parent / "figures"
RECORD = mg.data.record("encoder")
ROWS = {(row["space"], row["disguise"]): row for row in RECORD["rows"]}
ONE, TWO, TINT = "moved by a pixel", "moved by two pixels", "tinted"
TRAINED = ["encoder", "encoder, moved in training", "encoder, Su's variant"]


def near(space, disguise):
    return ROWS[space, disguise]["source nearest"]


def test_training_finds_moved_copies_that_random_filters_miss_and_moves_in_training_more_of_them():
    for disguise in (ONE, TWO):
        assert near("random filters", disguise) < 0.4 * near("encoder", disguise)
        assert near("encoder, moved in training", disguise) > 1.5 * near("encoder", disguise)
    assert near("encoder", ONE) < 0.7 * near("pixels", ONE) and near("encoder, moved in training", ONE) < 0.52
    assert near("encoder, moved in training", TWO) > 1.8 * near("pixels", TWO)


def test_no_trained_encoder_sees_a_tinted_copy_and_gradients_see_all():
    for name in TRAINED:
        assert near(name, TINT) <= 0.04 < near("random filters", TINT) < near("pixels", TINT)
        assert ROWS[name, TINT]["p at most .05"] == 0
    assert near("gradients", TINT) > 0.99 and ROWS["gradients", TINT]["p at most .05"] == 4


def test_a_space_that_was_made_for_moves_sees_them_all_and_names_them():
    for disguise in (ONE, TWO):
        row = ROWS["sizes of Fourier coefficients", disguise]
        assert row["source nearest"] > 0.99 and row["p at most .05"] == 4 and row["named"] == pytest.approx(110, abs=1)
        assert max(ROWS[name, disguise]["named"] for name in TRAINED) <= 3


def test_the_audits_reject_as_the_page_says():
    seen = {space: [ROWS[space, disguise]["p at most .05"] for disguise in (ONE, TWO)] for space, _ in ROWS}
    assert seen["pixels"] == [4, 1] and seen["encoder"] == [3, 3] and seen["encoder, moved in training"] == [4, 1]
    assert sum(row["honest p at most .05"] for row in ROWS.values()) == 5 and 4 * len(ROWS) == 108
    differ = {space: ROWS[space, ONE]["sides differ"] for space, _ in ROWS}
    assert differ.pop("encoder of training pictures alone") == 1 and not any(differ.values())


def test_the_figure_stored_what_the_record_has():
    numbers = json.loads((FIGURES / "encoder_spaces.json").read_text("utf-8"))["numbers"]
    for disguise, part in numbers.items():
        assert part == {space: pytest.approx(near(space, disguise), abs=1e-3) for space in part} and len(part) == 7
