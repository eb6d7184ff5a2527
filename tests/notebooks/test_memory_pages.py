"""What the pages on memory elsewhere (42 and 43) say of the numbers that their figures stored."""

import json
from pathlib import Path

import numpy as np
import pytest

FIGURES = Path(__file__).resolve().parent.parent.parent / "figures"


def numbers(name):
    return json.loads((FIGURES / f"{name}.json").read_text("utf-8"))["numbers"]


def test_all_labels_are_stored_at_each_corruption_and_what_is_right_of_new_rows_falls_to_chance():
    """Chance is a tenth of 897 rows, give or take three standard errors of 0.01."""
    found = numbers("memory_corruption")
    held = {name: np.array(shares) for name, shares in found["held_out"].items()}
    assert found["training"] == [1.0] * len(found["shares"])
    assert set(held) == {"network", "lookup", "kernel"}
    for shares in held.values():
        assert (np.diff(shares) < 0).all() and shares[0] > 0.96
        assert shares[-1] == pytest.approx(0.1, abs=0.03)


def test_the_lookup_beats_the_network_on_true_labels_and_the_kernel_beats_both():
    held = numbers("memory_corruption")["held_out"]
    assert held["network"][0] + 0.01 < held["lookup"][0] < held["kernel"][0]


def test_a_lookup_is_right_as_often_as_the_label_that_it_finds():
    """Of labels that were drawn anew in a share c of cases, 1 - 0.9 c are right: within three standard errors."""
    found = numbers("memory_corruption")
    line = found["held_out"]["lookup"][0] * (1 - 0.9 * np.array(found["shares"]))
    assert found["held_out"]["lookup"] == pytest.approx(line, abs=3 * 0.5 / 900**0.5)


def test_the_classical_memory_breaks_near_a_seventh_of_its_cells_and_the_dense_ones_far_beyond():
    found = numbers("memory_capacity")
    share = {power: dict(zip(found["rows"], values, strict=True)) for power, values in found["share"].items()}
    assert share["2"][10] > 0.9 > 0.5 > share["2"][20] and share["2"][30] < 0.05
    assert share["3"][400] == 1 and share["3"][1600] < 0.05
    assert min(share["inf"].values()) == 1


def test_a_steep_memory_ends_on_stored_rows_and_not_always_on_the_right_one():
    found = numbers("memory_beta")
    assert found["stored"][0] == 0 and found["stored"][-1] == 1 and (np.diff(found["stored"]) >= 0).all()
    assert 0.75 < found["right"][-1] < 0.85
