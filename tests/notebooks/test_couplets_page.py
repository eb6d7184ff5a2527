"""What page 49 says of the numbers that its figures stored."""

import json
from pathlib import Path

import pytest

FIGURES = Path(__file__).resolve().parent.parent.parent / "figures"


def numbers(name):
    return json.loads((FIGURES / f"{name}.json").read_text("utf-8"))["numbers"]


def test_a_network_learns_all_couplets_by_heart_and_new_ones_hardly():
    found = numbers("couplets_learned")
    assert found["learned couplets"][0] < 0.5 and found["learned couplets"][-1] > 0.995
    assert max(found["new couplets"]) < 0.12, "at no time of the training, so that stopping early is no cure"


def test_most_of_what_is_right_is_the_most_frequent_character():
    models = numbers("couplets_learned")["models"]
    (learned, new, low, high), most = models["network"], models["one always"][1]
    assert learned > 0.995 and low < new < high and new < 2 * most
    assert models["lookup"][:2] == [1, 0] and models["nearest line"][0] == 1
    assert low < models["nearest line"][1] < high, "the network is no better than the nearest line"


def test_likes_are_answered_by_likes_somewhat_and_doubling_by_doubling_never():
    found = numbers("couplets_leaked")
    kinds = found["kinds"]
    network, dealt = (dict(zip(kinds, found[name], strict=True)) for name in ("network", "dealt"))
    assert network["對"] > 0.9 > dealt["對"] and network["doubled"] < 0.15
    assert min(network["season"] - dealt["season"], network["color"] - dealt["color"]) > 0.1
    assert found["p"][kinds.index("doubled")] > 0.05


def test_a_dictionary_keeps_each_kind_more_often_and_the_primer_nearly_always():
    found = numbers("couplets_leaked")
    assert all(own >= other for own, other in zip(found["dictionary"], found["network"], strict=True))
    assert found["the primer"][-1] == 1 and found["dictionary"][-1] == pytest.approx(3 / 10), '"??" is no answer'
    assert min(found["the primer"]) > 0.8 and found["the primer"][0] == pytest.approx(36 / 38)
