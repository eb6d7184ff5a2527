"""What page 41 says of the numbers that its figures and the record stored."""

import json
from pathlib import Path

import numpy as np

import memgen_lite as mg

FIGURES = Path(__file__).resolve().parent.parent.parent / "figures"
ROWS = {(row["task"], row["memory"]): row for row in mg.data.record("memory_in_time")["rows"]}
TASKS = {"recall", "one-shot", "parity", "index", "cue", "navigation", "located", "alternation", "varied"}
LEARNED = ("introspection", "lru", "ntm", "dnc")


def numbers(name):
    return json.loads((FIGURES / f"{name}.json").read_text("utf-8"))["numbers"]


def test_with_a_memory_the_surprise_falls_where_frames_come_back_and_without_one_it_stays():
    surprise = {name: np.array(values) for name, values in numbers("memory_surprise").items()}
    assert surprise["introspection"][10:].mean() <= 0.4
    none = surprise["none"]
    assert abs(none[10:].mean() / none[:10].mean() - 1) <= 0.05


def test_a_frame_that_will_come_back_is_written_down_in_more_detail():
    surprise = np.array(numbers("memory_surprise")["introspection"])
    assert surprise[:5].min() > 1.1 * surprise[5:10].max()


def test_what_is_read_is_ten_frames_before():
    looked = np.array(numbers("memory_attention")["looked_at"])
    for i, line in enumerate(looked):
        assert line[i] > 0.9 * line.sum() and line[i] > 0.3


def test_all_tasks_were_given_to_all_memories_three_times():
    assert {task for task, _ in ROWS} >= TASKS
    assert all(ROWS[task, memory]["seeds"] >= 3 for task in TASKS for memory in (*LEARNED, "none", "lookup"))


def test_a_memory_by_age_loses_what_comes_back_after_a_break_that_varies():
    """Of recall with 6 to 10 frames in between, beside the memories that look at what stands in a row."""
    by_age = ROWS["varied", "introspection"]
    for memory in ("lru", "ntm", "dnc"):
        assert ROWS["varied", memory]["least"] > by_age["most"] + 0.2, memory


def test_memories_recall_what_a_recurrent_network_is_at_chance_with():
    """The bounds: .75 and .4 nats by age, .70 by keys, within .05 of chance and 5 % of the surprise without."""
    assert ROWS["recall", "introspection"]["identified"] >= 0.75 and ROWS["recall", "introspection"]["again"] <= 0.4
    for memory in ("lru", "ntm", "dnc"):
        assert ROWS["recall", memory]["identified"] >= 0.7, memory
    none = ROWS["recall", "none"]
    assert abs(none["identified"] - none["chance"]) <= 0.05 and abs(none["again"] / none["before"] - 1) <= 0.05


def test_parity_is_looked_up_and_not_guessed():
    assert ROWS["parity", "introspection"]["identified"] >= 0.65
    assert abs(ROWS["parity", "none"]["identified"] - 0.5) <= 0.05


def test_a_map_is_walked_by_whoever_is_told_the_place_and_by_none_that_has_to_add_up_its_steps():
    assert ROWS["navigation", "lookup"]["identified"] >= 0.75
    for memory in (*LEARNED, "none"):
        row = ROWS["navigation", memory]
        assert row["identified"] <= row["chance"] + 0.1, memory
