"""What page 44 says of the numbers that its figures stored."""

import json
from pathlib import Path

import numpy as np

FIGURES = Path(__file__).resolve().parent.parent.parent / "figures"


def numbers(name):
    return json.loads((FIGURES / f"{name}.json").read_text("utf-8"))["numbers"]


def test_strict_lookups_are_best_on_training_digits_and_softer_ones_on_others():
    curve = numbers("filling_softness")
    known, new = np.array(curve["training"]), np.array(curve["held-out"])
    assert (np.diff(known) < 0).all() and known[-1] < 0.2
    assert curve["beta"][new.argmin()] in (2, 4) and new.min() < 0.7 * new[-1] < 0.7 * new[0]


def test_a_soft_lookup_is_within_a_tenth_of_the_network_and_a_hard_one_near_the_mean_picture():
    found, networks = numbers("filling_softness")["lookups"], numbers("filling_patches")
    at_four = networks["visible"].index(4)
    mean, hard, soft = (found[name]["held-out digits"] for name in ("mean picture", "hard lookup", "soft lookup"))
    assert 0.8 * mean < hard < 0.9 * mean
    assert networks["network at 4"][at_four] < soft < 1.1 * networks["network at 4"][at_four]
    assert found["hard lookup"]["training digits"] < 0.01 * mean


def test_a_network_trained_at_four_patches_fails_at_eight_and_is_mended_in_two_ways():
    table = numbers("filling_patches")
    at = {name: dict(zip(table["visible"], values, strict=True)) for name, values in table.items()}
    trained, scaled, varied = (at[name] for name in ("network at 4", "network at 4, scaled", "network at 0 to 16"))
    assert trained[8] > 1.1 * at["mean picture"][8] > 2 * max(scaled[8], varied[8])
    assert scaled[4] == trained[4] < varied[4]
    assert 0.05 < 1 - scaled[5] / trained[5] < 0.15
    for name in ("hard lookup", "soft lookup"):
        assert at[name][8] < at[name][4]
    assert at["hard lookup"][2] > at["mean picture"][2] > at["hard lookup"][3]
