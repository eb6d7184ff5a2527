"""What the pages on the models (21 to 24) say of the numbers that their figures stored."""

import json
from pathlib import Path

import numpy as np
import pytest

FIGURES = Path(__file__).resolve().parent.parent.parent / "figures"


def numbers(name):
    return json.loads((FIGURES / f"{name}.json").read_text("utf-8"))["numbers"]


def test_a_training_loses_a_cloud_and_a_list_does_not():
    ring = numbers("peers_ring")
    assert min(ring["our loop"]["shares"]) < 0.05
    assert min(min(ring[name]["shares"]) for name in ("gradient penalty", "MemGEN", "held-out rows")) > 0.5
    assert ring["MemGEN"]["on"] == ring["held-out rows"]["on"] == 1 > ring["our loop"]["on"]


def test_one_game_with_another_recipe_makes_one_picture():
    spread = numbers("peers_digits")["spread"]
    assert spread["quadratic, other recipe"] < 0.05 < 0.8 < spread["quadratic"] < 1


def test_the_learnt_gamma_rebuilds_better_and_draws_worse_and_stored_codes_draw_as_fresh_rows_do():
    sheet = numbers("peers_sheet")
    w1 = {name: np.array(values) for name, values in sheet["w1"].items()}
    assert all(learnt < fixed / 5 for fixed, learnt in sheet["error"])
    assert (w1["two-stage"] < w1["fixed γ"]).all() and (w1["fixed γ"] < w1["learnt γ"]).all()
    assert w1["stored codes"].mean() == pytest.approx(w1["fresh"].mean(), abs=0.05)
    assert max(sheet["gamma"]) < 0.01


def test_memorized_labels_take_more_bits_and_are_given_up_first():
    kept = numbers("peers_bottleneck")
    true, shuffled = kept["true labels"], kept["shuffled labels"]
    assert shuffled["bits"][0] > 2 * true["bits"][0] and shuffled["bits"][-1] < true["bits"][-1] / 2
    assert true["one look"][0] > 0.999 and shuffled["one look"][0] > 0.999
    assert true["many looks"][-1] > 0.95 > 0.7 > shuffled["many looks"][-1]


def test_no_network_has_the_median_score_of_a_list_and_one_beats_it_at_one_distance():
    held = {name: np.array(scores) for name, scores in numbers("peers_figure1")["held-out"].items()}
    lists = {name: held.pop(name) for name in ("MemGEN-P, recites", "MemGEN-U, draws")}
    networks = [name for name in held if name.startswith(("GAN", "VAE", "two-stage", "diffusion"))]
    assert len(networks) == 9
    assert np.abs(lists["MemGEN-P, recites"]).max() < 2
    assert min(np.median(held[name]) for name in networks) > 2 * np.median(lists["MemGEN-U, draws"])
    nearer = {name: int((held[name] < lists["MemGEN-U, draws"]).sum()) for name in networks}
    assert {name for name, times in nearer.items() if times} == {"VAE, fixed γ"}
