"""The view of a study without a browser: its buttons, its words, and what it keeps."""

import base64
import html
import itertools
import json
import re
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import memgen_lite as mg
from memgen_lite import coin
from memgen_lite.display.widgets import human_evaluation
from memgen_lite.display.widgets.human_evaluation import HumanEvaluation

RNG = np.random.default_rng(0)
REAL, MADE = RNG.random((40, 4, 4)), RNG.random((40, 4, 4))


def evaluation(**options):
    return HumanEvaluation(REAL, MADE, **options)


def press(view, *names):
    """Click these buttons, "right answer" and "wrong answer" among them, each only if it is live."""
    for name in names:
        if name.endswith(" answer"):
            left = (view.study.sides[len(view.study.answers)] < 0) == (name == "right answer")
            name = "left" if left else "right"
        assert not view.buttons[name].disabled
        view.buttons[name].click()
    return view


def live(view):
    return [name for name, button in view.buttons.items() if not button.disabled]


def words(view):
    return html.unescape(re.sub("<[^>]+>", "", view.words.value))


def test_the_package_finds_the_widget_where_it_promised():
    assert mg.widgets.HumanEvaluation is HumanEvaluation
    with pytest.raises(AttributeError, match="has no attribute 'Nonsense'"):
        mg.widgets.Nonsense  # noqa: B018


def test_the_buttons_drive_the_study_and_are_live_only_when_they_may_be():
    view = evaluation(n_calibration=1, n_trials=3)
    one = view.study
    assert live(view) == ["start"]
    assert live(press(view, "start")) == ["start", "left", "right"]
    press(view, "left")
    assert one.answers == [-1]
    assert live(view) == ["start", "left", "right"]
    press(view, "right")
    assert one.answers == [-1, 1]
    assert live(view) == ["start", "left", "right", "undo", "score"]
    press(view, "undo")
    assert one.answers == [-1]
    assert live(press(view, "left", "score")) == ["start"]
    assert one.scored
    assert live(press(view, "start", "right", "right")) == ["undo", "score"]
    assert view.progress.value == view.progress.max == 4
    assert live(press(view, "undo")) == ["start", "left", "right"]  # its pair is in view again
    assert live(press(view, "left", "score")) == []
    assert view.to_frame().equals(one.to_frame())
    assert one.answers == [-1, -1, 1, -1]


def test_a_pair_is_in_view_from_start_to_pause():
    view = evaluation()
    assert view.view.value == ""
    assert view.buttons["start"].description == "Start"
    assert view.study.running is False
    press(view, "start")
    shown = view.view.value
    assert shown.count("<img") == 2
    assert view.buttons["start"].description == "Pause"
    press(view, "start")
    assert view.view.value == ""
    assert view.buttons["start"].description == "Start"
    press(view, "start")
    assert view.view.value == shown
    press(view, "left", "start")
    assert words(view).endswith("Calibration pair 2 of 3. Paused: the clock stands still.")
    assert view.view.value == ""
    assert view.buttons["start"].description == "Go on"


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("real", "Right: the {} one was real. ", "Not so: the {} one was real. "),
        ("copy", "Not so: the {} one was real. ", "Right: the {} one was real. "),
        ("better", "", ""),
    ],
)
def test_practice_tells_the_answer_where_there_is_one(question, right, wrong):
    view = evaluation(question=question, train=MADE if question == "copy" else None)
    asks = {"real": "is real", "copy": "is the copy", "better": "looks better"}[question]
    assert words(view) == f"3 pairs for practice, then 20 pairs to count. Which one {asks}?"
    assert words(press(view, "start")) == f"Calibration pair 1 of 3. Which one {asks}?"
    assert [view.buttons[side].description for side in ("left", "right")] == [f"Left {asks}", f"Right {asks}"]
    sides = [{-1: "left", 1: "right"}[side] for side in view.study.sides]
    press(view, "right answer")
    assert words(view) == f"{right.format(sides[0])}Calibration pair 2 of 3. Which one {asks}?"
    press(view, "wrong answer")
    assert words(view).startswith(wrong.format(sides[1]) + "Calibration pair 3 of 3.")
    press(view, "left", "left")
    assert words(view) == f"Pair 2 of 20. Which one {asks}?"


def test_without_practice_the_first_pair_counts():
    view = evaluation(n_calibration=0, n_trials=2)
    assert words(view) == "2 pairs to count. Which one is real?"
    assert words(press(view, "start", "left", "left")) == (
        "Every pair has an answer. Score the study, or take the last answer back."
    )


def test_the_picture_changes_with_the_pair_and_what_stands_around_it_gives_nothing_away():
    view, seen, around = press(evaluation(), "start"), set(), set()
    for _ in range(len(view.study)):
        seen.add(view.view.value)
        around.add(re.sub('base64,[^"]+', "", view.view.value))
        press(view, "left")
    assert len(seen) == len(view.study)
    assert len(around) == 1
    assert 'alt="The left one of the two, to be judged"' in around.pop()
    assert view.view.value == ""


def test_the_copy_is_looked_for_beside_the_nearest_training_pictures():
    view = press(evaluation(question="copy", train=MADE), "start")
    left, near_left, right, near_right = re.findall('base64,([^"]+)', view.view.value)
    assert ((left == near_left), (right == near_right)) == ((view.study.sides[0] > 0), (view.study.sides[0] < 0))


def test_what_is_known_of_the_rater_stands_beside_the_coin():
    view = press(evaluation(n_calibration=0), "start")
    assert view.result.value == ""
    press(view, *["right answer"] * 5)
    low, high = coin.confidence_sequence([1] * 4)[-1]
    page = html.unescape(view.result.value)
    assert f"This rater: 4 of 4 right, 100 % (95 % sequence: {100 * low:.0f} to {100 * high:.0f} %)." in page
    assert f"A coin: {view.study.coin_outcomes.sum()} of 4 right" in page
    assert "this rater's has its peak at 100 %" in page
    assert "You may stop" not in page
    press(view, *["right answer"] * 7)
    assert coin.betting_e_process([1] * 11)[-1] >= 20
    assert "You may stop: this is no coin, however often one looks." in view.result.value
    press(view, *["wrong answer"] * 8)
    assert "You may stop" not in view.result.value  # there is nothing left to stop


def test_who_stops_early_has_a_result_and_may_go_on():
    view = press(evaluation(n_calibration=0), "start", *["right answer"] * 12, "score")
    assert words(view).startswith("This rater: 12 of 12 right, 100 %")
    assert words(view).endswith(": not a coin. 8 pairs left: to stop here is as valid as to go on.")
    assert "This rater" not in view.result.value  # it has been said
    assert words(press(view, "start")) == "Pair 13 of 20. Which one is real?"
    press(view, *["wrong answer"] * 8, "score")
    assert words(view).startswith("This rater: 12 of 20 right, 60 %")
    assert words(view).endswith(": not a coin.")  # what convinced once has convinced


def test_a_preference_is_counted_as_one():
    view = press(evaluation(n_calibration=0, question="better"), "start", *["wrong answer"] * 3, "score")
    assert words(view).startswith("This rater: 3 of 3 for the generated one, 100 %")


@pytest.mark.parametrize(("n_trials", "convinces"), [(5, False), (12, True)])
def test_the_verdict_is_that_of_the_e_process_at_twenty(n_trials, convinces):
    view = press(evaluation(n_calibration=0, n_trials=n_trials), "start", *["right answer"] * n_trials, "score")
    assert (coin.betting_e_process(np.ones(n_trials)).max() >= 20) == convinces
    assert words(view).endswith(": not a coin." if convinces else ": a coin would have done as well, and sooner.")


def test_a_stored_notebook_shows_the_waiting_pair_and_then_the_result_and_no_time():
    view = evaluation(n_trials=10)
    bundle, _ = view._repr_mimebundle_()
    assert bundle["text/html"].count("<img") == 2
    waiting = "HumanEvaluation of 10 pairs. 3 pairs for practice, then 10 pairs to count. Which one is real?"
    assert bundle["text/plain"] == waiting
    assert view.take(coin.RademacherCoin(0)) is view
    bundle, _ = view._repr_mimebundle_()
    assert bundle["text/html"].count("<img") == 1
    assert "A coin: " in bundle["text/html"]
    assert f"{view.study.outcomes.sum()} of 10 right" in bundle["text/plain"]
    again, _ = evaluation(n_trials=10).take(coin.RademacherCoin(0))._repr_mimebundle_()
    assert again["text/html"] == bundle["text/html"]
    assert "download" not in bundle["text/html"]


HOSTILE = """../<b onclick="x">'Ada'</b>\u202e"""


def test_the_name_is_asked_for_until_the_first_answer():
    view = evaluation()
    view.rater.value = HOSTILE
    assert view.study.rater == HOSTILE
    press(view, "start", "left")
    assert view.rater.disabled
    assert set(view.to_frame().rater) == {HOSTILE}


def test_the_answers_can_be_taken_along_whenever_nothing_is_in_view(tmp_path):
    path = tmp_path / "it's <i>kept\u202e.json"
    view = evaluation(rater=HOSTILE, path=path, n_calibration=0)
    assert view.files.value == ""
    press(view, "start", "left")
    assert view.files.value == ""
    press(view, "start")
    names = re.findall('download="([^"]*)"', view.files.value)
    assert names == ["answers__b_onclick_x_Ada_b_.csv", "answers__b_onclick_x_Ada_b_.json"]
    table, document = (base64.b64decode(one) for one in re.findall('base64,([^"]*)"', view.files.value))
    assert json.loads(document) == view.study.document() == json.loads(path.read_bytes())
    view.to_csv(tmp_path / "a.csv")
    view.to_json(tmp_path / "a.json")
    assert (tmp_path / "a.csv").read_bytes() == table
    assert (tmp_path / "a.json").read_bytes() == document
    assert "it&#x27;s &lt;i&gt;kept⟨U+202E⟩.json." in view.files.value
    assert 'download="answers_rater.csv"' in press(evaluation(), "start", "left", "start").files.value


def test_a_disk_that_fails_is_told_and_the_answer_stands(tmp_path, monkeypatch):
    path = tmp_path / "study.json"
    view = press(evaluation(path=path, n_calibration=0), "start", "left")
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("no space on <disk>")))
        press(view, "left")
    assert "The answers could not be kept: no space on &lt;disk&gt;." in view.files.value
    assert view.study.answers == [-1, -1]
    press(view, "left")
    assert view.files.value == ""
    assert len(coin.pool([path])) == 3


def test_a_click_that_was_under_way_when_its_button_went_out_does_nothing():
    view = press(evaluation(n_calibration=0, n_trials=1), "start", "left")
    view.buttons["left"].click()
    assert view.study.answers == [-1]


def test_who_comes_back_goes_on(tmp_path):
    path = tmp_path / "study.json"
    press(evaluation(rater="Ada", path=path), "start", *["right answer"] * 6)
    view = evaluation(path=path)
    assert (view.rater.value, view.rater.disabled) == ("Ada", True)
    assert view.progress.value == 6
    assert words(view) == "Pair 4 of 20. Paused: the clock stands still."
    assert "2 of 2 right" in view.result.value
    press(view, "start", *["right answer"] * 17, "score")
    assert words(view).startswith("This rater: 20 of 20 right")
    assert coin.pool([path]).outcome.all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["start", "left", "right", "undo", "score"]), max_size=40))
def test_whatever_is_pressed_in_whatever_order_the_study_holds_together_and_its_file_with_it(presses):
    passed = itertools.count(step=1.5)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(human_evaluation, "_beliefs", lambda study: mg.figures.Picture(b"", "beliefs", 1))  # slow
        path = Path(folder) / "study.json"
        options = {"n_calibration": 2, "n_trials": 6, "path": path, "rater": "Ada"}
        view, marked = evaluation(**options, clock=lambda: next(passed)), 0
        for name in presses:
            before, was_live = list(view.study.answers), name in live(view)
            view.buttons[name].click()
            study, change = view.study, len(view.study.answers) - len(before)
            assert change == {"left": 1, "right": 1, "undo": -1}.get(name, 0) * was_live
            assert all(one == other for one, other in zip(study.answers, before, strict=False))
            assert marked <= study.marked <= len(study.answers) <= 8  # what is marked stays
            marked = study.marked
            assert bool(view.view.value) is study.running
            assert ("left" in live(view)) is study.running
            assert ("undo" in live(view)) is (len(study.answers) > max(marked, 2))
        frame = view.to_frame()
        assert (frame.seconds > 0).all()
        assert view.study.outcomes.tolist() == frame.outcome[2:marked].tolist()
        assert path.exists() or not view.study.answers
        assert evaluation(**options).to_frame().equals(frame)


def test_texts_are_shown_as_data():
    real, made = [f"real <b>{number}</b> \u200b" for number in range(30)], [f"made {number}" for number in range(30)]
    view = press(HumanEvaluation(real, made), "start")
    assert "real &lt;b&gt;" in view.view.value
    assert "⟨U+200B⟩" in view.view.value
    assert view.take(coin.RademacherCoin(0)).study.scored


def test_a_huge_picture_is_sent_small():
    huge = np.zeros((2, 1, 10_000, 10_000), dtype=np.uint8)
    huge[:, :, ::7, ::3] = 255
    view = press(HumanEvaluation(*huge, n_calibration=0, n_trials=1), "start")
    sent = sum(len(part.value) for part in (view.words, view.view, view.result, view.files))
    assert 1000 < sent < 200_000


def test_a_coin_reaches_what_convinces_in_one_study_of_twenty():
    assert human_evaluation.ENOUGH == 1 / 0.05
