"""Inputs with which the audit once misled are handed in again; what is stored of its promises keeps them."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
doors = importlib.import_module("doors")


@pytest.mark.parametrize("number", [number for number, *_ in doors.LOOKS if number not in doors.TIMED])
def test_what_people_hand_in_gives_the_right_answer_or_a_word(number):
    (function,) = [function for name, _, _, function in doors.LOOKS if name == number]
    words, holds = function(np.random.default_rng(0))
    assert holds, words


@pytest.mark.parametrize("number", doors.PROMISED)
def test_every_promise_is_kept_in_the_stored_simulation(number):
    words, holds = doors.simulated(number)
    assert holds, words


def test_each_kind_found_by_attack_names_tests_that_exist():
    root = Path(doors.FOLDER).parent / "tests"
    places = [word for *_, arguments in doors.TESTED.values() for word in arguments if "/" in word or ".py" in word]
    assert places and all((root / place).exists() for place in places)
