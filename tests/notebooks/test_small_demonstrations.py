"""What pages 47 and 48 say of the numbers that their figures stored."""

import json
from pathlib import Path

import pytest

FIGURES = Path(__file__).resolve().parent.parent.parent / "figures"


def numbers(name):
    return json.loads((FIGURES / f"{name}.json").read_text("utf-8"))["numbers"]


def test_copies_of_one_function_part_in_weights_and_stay_together_in_basis_paths():
    loss = numbers("descent_copies")["loss"]
    assert len({*loss["paths"].values()}) == 1, "by powers of 2, to the last bit"
    assert loss["weights"]["16"] > 3 * loss["weights"]["4"] > 3 * loss["weights"]["1"]
    assert loss["paths"]["1"] == pytest.approx(loss["weights"]["1"], abs=0.01), "the cure is no better than the first"


def test_a_learned_optimizer_is_ahead_where_it_was_trained_and_last_on_steeper_slopes():
    found = numbers("descent_learned")
    known, larger = found["problems as in training"], found["problems three times as large"]
    rivals = ("Adam", "momentum", "descent")
    assert known["LSTM"][0] < 0.3 * min(known[name][0] for name in rivals)
    assert known["LSTM"][1] == pytest.approx(known["momentum"][1], abs=0.001)
    assert all(larger["LSTM"][i] > 2 * max(larger[name][i] for name in rivals) for i in (0, 1))


def test_adam_goes_the_same_way_on_problems_of_another_scale():
    found = numbers("descent_learned")
    for known, larger in zip(*(found[name]["Adam"] for name in list(found)[:2]), strict=True):
        assert larger == pytest.approx(9 * known, rel=0.01)


def test_a_hard_lookup_has_no_answer_between_its_planes_and_a_soft_one_has():
    found = numbers("lookup_distance")
    cat = {name: shares["second cat"] for name, shares in found["regions"].items()}
    assert max(cat[f"hard, window {window}"] for window in (1, 5, 13)) == 0 < 0.5 < cat["soft, window 13"]
    first = {name: shares["first cat"] for name, shares in found["regions"].items()}
    assert (
        first["soft, window 13"] < first["hard, window 13"] and first["hard, window 1"] < 0.5 * first["hard, window 13"]
    )
    assert found["within"]["soft, window 13"] > found["within"]["hard, window 13"] + 0.05


def test_rare_words_lie_in_a_cone_away_from_the_query_and_a_price_spreads_them():
    found = numbers("lookup_words")
    rare, frequent = ([found[gamma][f"{kind} words"] for gamma in ("0", "1", "10")] for kind in ("rare", "frequent"))
    assert rare[0] > 0.5 > 0.1 > rare[1] > rare[2] and frequent[0] < 0.1 < 0.2 < frequent[1] < frequent[2]
    assert found["0"]["query and rare word"] < -0.9
    perplexity = [found[gamma]["perplexity"] for gamma in ("0", "1", "10")]
    assert perplexity[0] > perplexity[1] > perplexity[2] > 0.9 * perplexity[0]
