"""What page 50 says of the numbers that its figure and its benchmark stored."""

import json
from pathlib import Path

import numpy as np
import pytest

import memgen_lite as mg

FIGURES = Path(__file__).resolve().parent.parent.parent / "figures"
RECORD = mg.data.record("translation")
STUDENTS = {row["model"]: row for row in RECORD["rows"]}
DUAL = {
    (row["agents a side"], row["way back"], row["who is asked"]): row for row in next(iter(RECORD["tables"].values()))
}


def test_the_better_the_match_the_better_the_translation_in_every_language():
    numbers = json.loads((FIGURES / "translation_reach.json").read_text("utf-8"))["numbers"]
    scores = np.array([list(row.values()) for row in numbers["chrF"].values()])
    assert len(scores) == 8 and (np.diff(scores[:, 1:], axis=1) > 5).all()
    assert scores[:, 1].max() < 22 and scores[:, 4].min() > 49 and 30 < scores[:, 0].min() < scores[:, 0].max() < 44
    assert numbers["share"][3] == pytest.approx(0.3, abs=0.01)


def test_what_the_figure_stored_is_what_the_memory_says():
    numbers = json.loads((FIGURES / "translation_reach.json").read_text("utf-8"))["numbers"]
    for name, code in {"German": "de", "Chinese": "zh_Hans"}.items():
        part = mg.data.translations(code)
        said = mg.peers.peer("translation_memory", threshold=0).fit(part.train, part.y).predict(part.held_out)
        assert mg.metrics.chrf(said, part.y_held_out) == pytest.approx(numbers["chrF"][name]["all"], abs=1e-6)


def test_the_memory_is_the_best_translator_and_one_network_each_is_better_than_one_for_all():
    chrf = {name: row["chrF"] for name, row in STUDENTS.items()}
    assert chrf["memory"] > chrf["one each"] + 4 > chrf["one for all"] + 7
    assert chrf["one each"] > chrf["one for all, four times as wide"] > chrf["one for all"] + 2
    assert STUDENTS["memory"]["bits"] < min(row["bits"] for name, row in STUDENTS.items() if name != "memory") - 0.4


def test_a_teacher_gains_bits_and_costs_answers_and_selective_distillation_shows_nothing():
    alone, taught = STUDENTS["one for all"], STUDENTS["one for all, distilled"]
    assert taught["bits"] < alone["bits"] - 0.2 and taught["chrF"] < alone["chrF"] - 2
    selective = STUDENTS["one for all, distilled while the teacher is better"]
    assert (selective["chrF"], selective["bits"]) == (taught["chrF"], taught["bits"])
    top = STUDENTS["one for all, distilled, top 20"]
    assert top["bits"] > alone["bits"] + 0.1 and top["chrF"] < taught["chrF"]
    fifth = STUDENTS["one for all, distilled by a fifth"]
    assert fifth["bits"] < alone["bits"] - 0.15 and taught["chrF"] < fifth["chrF"] < alone["chrF"]


def test_the_way_back_helps_in_all_runs_and_more_agents_add_nothing_to_the_first_pair():
    alone, back = DUAL[1, 0.0, "first"], DUAL[1, 1.0, "first"]
    assert back["runs that find more"] == back["runs with fewer bits"] == back["runs"] == 9
    assert (
        back["withheld found"] > alone["withheld found"] + 0.01 and back["held-out bits"] < alone["held-out bits"] - 0.3
    )
    assert abs(back["held-out chrF"] - alone["held-out chrF"]) < 1
    found = [DUAL[agents, 1.0, "first"]["withheld found"] for agents in (1, 2, 4)]
    assert found[0] > found[1] > found[2] > alone["withheld found"]
