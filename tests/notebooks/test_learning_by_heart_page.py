"""What page 46 says of the numbers that its figures stored."""

import json
from pathlib import Path

import numpy as np
import pytest

FIGURES = Path(__file__).resolve().parent.parent.parent / "figures"


def numbers(name):
    return json.loads((FIGURES / f"{name}.json").read_text("utf-8"))["numbers"]


def test_the_more_is_said_first_the_more_a_memory_recites_and_the_network_recites_nothing():
    share = numbers("words_extracted")["share"]
    assert (np.diff(share["∞-gram"]) > 0).all() and share["∞-gram"][0] < 0.1 and share["∞-gram"][-1] > 0.9
    assert max(share["network"]) == 0


def test_a_memory_exposes_what_it_read_once_and_a_network_what_it_read_some_times():
    found = numbers("words_exposure")
    times, exposure = found["times"], found["exposure"]
    bits = {name: dict(zip(times, values, strict=True)) for name, values in exposure.items()}
    assert all(bits["∞-gram"][count] == pytest.approx(np.log2(1000)) for count in times[1:])
    # What was never read has a rank by chance: 1.44 bits, with a standard deviation of 0.64 of a mean of five.
    assert all(bits[name][0] < 1.44 + 4 * 0.64 for name in bits)
    assert bits["network"][1] < 3 and 5 < bits["network"][4] < 9 and bits["network"][16] > 9.9
    assert bits["both"][1] > 5 > bits["network"][1]


def test_a_memory_beside_the_network_makes_held_out_text_cheaper():
    bits = numbers("words_exposure")["bits"]
    assert np.argmin(bits) == 6 and bits[6] < bits[0] - 0.4 and bits[9] > bits[6]
