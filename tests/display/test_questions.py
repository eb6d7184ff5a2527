"""Predict, Exercise and the score, without a browser."""

import ipywidgets as W
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgen_lite.display.widgets import questions
from memgen_lite.display.widgets.questions import Exercise, Predict, number, score


@pytest.fixture(autouse=True)
def nothing_asked(monkeypatch):
    monkeypatch.setattr(questions, "_ASKED", {})
    monkeypatch.setattr(questions, "_SCORES", [])


# Predictions


WAITING = "The answer comes here when you have predicted it."


def sent(view):
    """All that a page, a stored notebook or its metadata gets of a view and of what is in it."""
    state = {key: value for key, value in view.get_state().items() if key not in ("layout", "style", "children")}
    told = [state, view.layout.get_state(), repr(view)]
    if hasattr(view, "_page"):
        told.append(view._repr_mimebundle_()[0] | {"application/vnd.jupyter.widget-view+json": None})
    return [told, *map(sent, getattr(view, "children", ()))]


def test_a_choice_is_shown_beside_the_answer_once_the_button_is_pressed():
    guess = Predict("Which?", ["this", "that"])
    answer = guess.reveal("this")
    assert guess.button.disabled  # as long as nothing is chosen
    guess.control.value = "that"
    assert (guess.answer, guess.done, answer.right, repr(answer)) == ("that", False, None, WAITING)
    guess.button.click()
    assert (answer.right, repr(answer)) == (False, "You said that; not so: the answer is this.")
    assert ">✗ You said that; not so: the answer is this.</div>" in answer.words.value


def test_a_number_is_right_within_ten_percent_or_the_tolerance():
    guess = Predict("How many?", range=(0, 100), step=0.5)
    views = [guess.reveal(63.2), guess.reveal(63.1), guess.reveal(63.2, tolerance=6)]
    guess.control.value = 69.5
    guess.button.click()
    assert [view.right for view in views] == [True, False, False]
    assert repr(views[0]) == "You said 69.5; right: the answer is 63.2."
    assert ">✓ You said 69.5; right: the answer is 63.2.</div>" in views[0].words.value


def test_the_middle_of_the_range_is_an_answer_only_when_the_button_is_pressed():
    guess = Predict("How many?", range=(0, 100))
    answer = guess.reveal(50)
    assert (guess.answer, answer.right) == (None, None)
    guess.button.click()
    assert (guess.answer, answer.right) == (50, True)


def test_who_has_chosen_before_the_answer_is_computed_has_predicted():
    guess = Predict("Which?", ["this", "that"])
    guess.control.value = "that"
    assert repr(guess.reveal("that")) == "You said that; right: the answer is that."
    assert guess.control.disabled


def test_a_cell_of_an_answer_that_runs_again_shows_it_at_once():
    guess = Predict("Which?", ["this", "that"])
    guess.reveal("this")
    guess.submit("this")
    assert guess.reveal("this").right


def test_who_asks_for_the_answer_gets_it_without_a_prediction():
    guess = Predict("Which?", ["this", "that"])
    answer = guess.reveal("this")
    answer.button.click()
    assert (answer.right, repr(answer)) == (None, "No prediction was made. The answer is this.")
    assert answer.button.layout.display == "none"
    assert guess.control.disabled
    assert guess.button.disabled
    guess.submit("this")  # too late
    assert answer.right is None


def test_what_was_predicted_once_stays():
    guess = Predict("How many?", range=(0, 100))
    guess.submit(10)
    guess.submit(63)
    assert not guess.reveal(63).right


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0, 9))
def test_before_a_prediction_a_page_is_sent_the_same_whatever_the_answer(one, other, tolerance):
    pages = []
    for truth in (one, other):
        guess = Predict("How many?", range=(0, 100))
        pages.append([sent(guess.reveal(truth, tolerance=tolerance)), sent(guess), sent(score())])
    assert pages[0] == pages[1]


def test_before_a_choice_a_page_is_sent_the_same_whatever_the_answer():
    pages = []
    for truth in ("this", "that"):
        guess = Predict("Which?", ["this", "that"])
        pages.append([sent(guess.reveal(truth)), sent(guess), sent(score())])
    assert pages[0] == pages[1]
    assert isinstance(guess.reveals[0], W.Widget)
    assert guess.reveals[0]._repr_mimebundle_()[0]["text/plain"] == WAITING


@pytest.mark.parametrize("options", [{}, {"choices": ["a"], "range": (0, 1)}])
def test_a_question_has_choices_or_a_range(options):
    with pytest.raises(ValueError, match="choices or range"):
        Predict("?", **options)


def test_the_truth_must_be_one_of_the_choices():
    with pytest.raises(ValueError, match=r"one of the choices \['a', 'b'\], got 'c'"):
        Predict("?", ["a", "b"]).reveal("c")


def test_choices_that_are_no_strings_are_refused():
    with pytest.raises(TypeError, match="choices must be strings, got 10"):
        Predict("?", [10, 30])


def test_a_stored_question_shows_its_options_and_not_the_answer():
    data, _ = Predict("Is 1 < 2?", ["yes & no", "no"])._repr_mimebundle_()
    assert data["text/plain"] == "Predict: Is 1 < 2? [yes & no | no]"
    assert "Is 1 &lt; 2?" in data["text/html"]
    assert "<li>yes &amp; no</li><li>no</li>" in data["text/html"]
    asked = Predict("How many?", range=(0, 9.5))
    assert repr(asked) == "Predict: How many? [0 to 9.5]"
    assert "from 0 to 9.5" in asked._repr_mimebundle_()[0]["text/html"]


# Exercises


def halve(value):
    return None if value == 2 else f"Twice {value:g} is {2 * value:g}."


def test_an_exercise_says_what_is_wrong_until_it_is_right():
    half = Exercise("Half of 4", halve)
    assert (half.right, repr(half)) == (None, "Exercise: Half of 4. No answer yet: type a number.")
    half.control.value = "3"
    assert (half.right, half.wrong) == (False, "Twice 3 is 6.")
    assert ">✗ Not yet. Twice 3 is 6.</div>" in half.words.value
    half.control.value = " 2.0 "
    assert (half.right, half.wrong) == (True, "")
    assert ">✓ Right.</div>" in half.words.value
    half.control.value = "  "
    assert (half.right, half.wrong) == (None, "")
    assert ">No answer yet: type a number.</div>" in half.words.value


def test_what_is_no_number_is_named_and_not_given_to_the_check():
    seen = []
    half = Exercise("Half of 4", seen.append)
    half.control.value = "two <b>"
    assert half.right is False
    assert half.wrong == "“two <b>” is no number; write it as 1234.5 or 1,234.5."
    assert "“two &lt;b&gt;”" in half.words.value
    assert seen == []


def test_a_choice_is_checked_by_a_table_of_what_is_wrong():
    cat = Exercise(
        "Which is a cat?", {"dog": "It barks.", "fox": "Who knows what it says."}.get, choices=["dog", "cat", "fox"]
    )
    assert repr(cat) == "Exercise: Which is a cat? No answer yet: choose one."
    cat.control.value = "fox"
    assert (cat.right, cat.wrong) == (False, "Who knows what it says.")
    cat.control.value = "cat"
    assert cat.right is True


def test_what_the_reader_wrote_is_checked_at_once_and_has_no_field():
    def judge(f):
        return None if f(3) == 9 else f"f(3) is {f(3)}."

    assert Exercise("Square", judge, answer=lambda x: x * x).right
    wrong = Exercise("Square", judge, answer=lambda x: 2 * x)
    assert wrong.wrong == "f(3) is 6."
    assert wrong.control is None
    assert len(wrong.children) == 2


def test_an_error_in_what_the_reader_wrote_is_said_and_the_page_goes_on():
    broken = Exercise("Invert", lambda f: f(0), answer=lambda x: 1 / x)
    assert broken.right is False
    assert broken.wrong == "It can't be checked: ZeroDivisionError: division by zero"


def test_a_stored_exercise_shows_its_choices_and_no_verdict():
    data, _ = Exercise("1 < 2?", {}.get, choices=["yes & no", "no"])._repr_mimebundle_()
    assert data["text/plain"] == "Exercise: 1 < 2? No answer yet: choose one."
    assert "1 &lt; 2?" in data["text/html"]
    assert "<li>yes &amp; no</li>" in data["text/html"]
    assert "No answer yet" in data["text/html"]
    assert "<ul>" not in Exercise("Half of 4", halve)._repr_mimebundle_()[0]["text/html"]


@pytest.mark.parametrize(
    "text", ["", ".", "+", "e5", "1,23", "1,0000", "3,14", "0x10", "nan", "inf", "1e999", "١٢", "1 2", "1_0"]
)
def test_what_is_no_number(text):
    assert number(text) is None


@pytest.mark.parametrize(
    ("text", "value"), [("1,234,567.5", 1234567.5), ("−3", -3), (".5", 0.5), ("5.", 5), ("2E-3", 0.002)]
)
def test_what_people_write_for_a_number(text, value):
    assert number(text) == value


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["{}", "{:,}", " {:e} "]))
def test_a_number_is_read_as_python_writes_it(value, form):
    assert np.isclose(number(form.format(value)), value, rtol=1e-6, atol=0)


# The score


def test_nothing_asked_has_no_score():
    assert repr(score()) == "Nothing was asked."


def test_what_was_not_answered_scores_nothing():
    Predict("Which?", ["this", "that"]).reveal("this")
    Predict("How many?", range=(0, 9))
    Exercise("Half of 4", halve)
    assert repr(score()) == "Predicted before the result: 0 of 2. Exercises solved: 0 of 1."
    assert repr(score()) in score()._repr_mimebundle_()[0]["text/html"]


def test_a_score_follows_what_is_answered_after_it():
    found = score()
    first, second, third, asked = (Predict(f"{name}?", ["this", "that"]) for name in "abcd")
    half, more = Exercise("Half of 4", halve), Exercise("Half of 4, once more", halve)
    for guess in (first, second, asked):
        guess.reveal("this")
    first.submit("this")
    second.submit("that")
    third.submit("that")  # its answer is not there yet
    asked.finish()
    half.submit(2)
    more.submit(3)
    assert (found.predictions, found.made, found.right, found.exercises, found.solved) == (4, 2, 1, 2, 1)
    assert repr(found) == "Predicted before the result: 2 of 4, 1 of them right. Exercises solved: 1 of 2."
    assert repr(found) in found.words.value
    third.reveal("that")
    assert (found.made, found.right) == (3, 2)


def test_a_cell_that_runs_again_replaces_its_question():
    Predict("Which?", ["this", "that"]).control.value = "this"
    Predict("Which?", ["this", "that"]).reveal("this")
    Exercise("Which?", halve).submit(2)
    Exercise("Which?", halve)
    assert repr(score()) == "Predicted before the result: 0 of 1. Exercises solved: 0 of 1."
