"""What page 45 says of the numbers that its figures stored."""

import json
from pathlib import Path

FIGURES = Path(__file__).resolve().parent.parent.parent / "figures"


def numbers(name):
    return json.loads((FIGURES / f"{name}.json").read_text("utf-8"))["numbers"]


def test_early_layers_give_the_picture_back_and_late_ones_less_of_it():
    levels = list(numbers("untrained_inversion")["decibels"].values())
    assert levels[:2] == [50, 50]
    assert 50 > levels[2] > levels[3] > 28 > 24 > levels[4] >= levels[5] > 16


def test_a_painted_texture_is_nearer_than_a_mirror_image_and_shuffled_pixels_are_far():
    loss = numbers("untrained_texture")["loss"]
    assert max(loss["painted 1"], loss["painted 2"]) < 0.5 * loss["the cat in a mirror"]
    assert 0.1 < loss["its pixels shuffled"] < loss["noise"] < 1 < loss["a cup of coffee"]
