"""Explorer, Predict and Reveal without a browser."""

import gc

import ipywidgets as W
import numpy as np
import pytest
from matplotlib.figure import Figure

from memgen_lite import figures
from memgen_lite.widgets import Explorer, Predict, Reveal

CALLS = []


def draw(n, turned=False):
    CALLS.append((n, turned))
    fig = Figure(figsize=(1, 1))
    fig.subplots().plot(np.arange(n + 1))
    return figures.picture(fig, f"A line of {n} & {'a turn' if turned else 'no turn'}.", dpi=30)


def explorer(**options):
    return Explorer(draw, n=W.IntSlider(3, 1, 9), turned=W.Checkbox(False, description="turned"), **options)


def test_the_picture_and_the_words_follow_every_control():
    one = explorer()
    assert one.state == {"n": 3, "turned": False}
    assert "A line of 3 &amp; no turn." in one.words.value
    before = one.view.value
    one.controls["n"].value = 5
    assert "A line of 5 &amp; no turn." in one.words.value
    assert one.view.value != before
    one.controls["turned"].value = True
    assert one.state == {"n": 5, "turned": True}
    assert one.picture.alt == "A line of 5 & a turn."
    assert one.view.value == one.picture.html()


def test_it_draws_once_a_change_and_the_same_values_give_the_same_picture():
    CALLS.clear()
    one = explorer()
    first = one.view.value
    one.controls["n"].value = 4
    one.controls["n"].value = 4
    one.controls["n"].value = 3
    assert CALLS == [(3, False), (4, False), (3, False)]
    assert one.view.value == first


def test_what_is_loaded_when_it_is_built_is_not_searched_for_garbage_between_pictures():
    gc.unfreeze()
    explorer()
    try:
        assert gc.get_freeze_count() > 100 * len(gc.get_objects())
    finally:
        gc.unfreeze()


def test_the_controls_stand_above_the_words_and_the_view_and_are_labeled_whole():
    one = explorer(height=123)
    assert one.children == (*one.controls.values(), one.words, one.view)
    assert one.view.layout.min_height == "123px"
    assert 'aria-live="polite"' in one.words.value
    assert {control.style.description_width for control in one.controls.values()} == {"initial"}


def test_a_stored_explorer_is_its_words_and_its_first_picture():
    one = explorer()
    data, _ = one._repr_mimebundle_()
    assert repr(one) == data["text/plain"] == "Explorer of n, turned: A line of 3 & no turn."
    assert data["text/html"] == one.picture.html()
    assert "application/vnd.jupyter.widget-view+json" in data


def test_an_error_while_drawing_is_not_hidden():
    def fails(n):
        raise RuntimeError("no ink")

    with pytest.raises(RuntimeError, match="no ink"):
        Explorer(fails, n=W.IntSlider())


def test_a_choice_is_kept_and_compared():
    guess = Predict("Which?", ["this", "that"])
    assert guess.control.value is None
    assert guess.reveal("this").right is None
    guess.control.value = "that"
    assert guess.answer == "that"
    assert repr(guess.reveal("that")) == "You said that; right: the answer is that."
    assert repr(guess.reveal("this")) == "You said that; not so: the answer is this."


def test_a_number_is_kept_and_right_within_ten_percent_or_the_tolerance():
    guess = Predict("How many?", range=(0, 100), step=0.5)
    assert guess.answer is None
    guess.control.value = 69.5
    assert guess.answer == 69.5
    assert guess.reveal(63.2).right
    assert not guess.reveal(63.1).right
    assert not guess.reveal(63.2, tolerance=6).right
    assert repr(guess.reveal(63.2)) == "You said 69.5; right: the answer is 63.2."


def test_the_middle_of_the_range_counts_as_no_answer_until_it_is_chosen():
    guess = Predict("How many?", range=(0, 100))
    assert guess.control.value == 50
    assert guess.reveal(50).right is None


@pytest.mark.parametrize("given", [{}, {"choices": ["a"], "range": (0, 1)}])
def test_a_question_has_choices_or_a_range(given):
    with pytest.raises(ValueError, match="choices or range"):
        Predict("?", **given)


def test_the_truth_must_be_one_of_the_choices():
    with pytest.raises(ValueError, match=r"one of the choices \['a', 'b'\], got 'c'"):
        Predict("?", ["a", "b"]).reveal("c")


def test_a_stored_question_shows_its_options_and_not_the_answer():
    data, _ = Predict("Is 1 < 2?", ["yes & no", "no"])._repr_mimebundle_()
    assert data["text/plain"] == "Predict: Is 1 < 2? [yes & no | no]"
    assert "Is 1 &lt; 2?" in data["text/html"]
    assert "<li>yes &amp; no</li><li>no</li>" in data["text/html"]
    number = Predict("How many?", range=(0, 9.5))
    assert repr(number) == "Predict: How many? [0 to 9.5]"
    assert "from 0 to 9.5" in number._repr_mimebundle_()[0]["text/html"]


@pytest.mark.parametrize(("answer", "mark"), [(None, ""), (3, "✓ "), (7, "✗ ")])
def test_a_reveal_marks_the_answer_in_words_and_by_sign(answer, mark):
    page = Reveal(answer, 3)._repr_html_()
    assert f">{mark}{Reveal(answer, 3)!r}</div>" in page


def test_no_prediction_still_gives_the_answer():
    assert repr(Reveal(None, 0.6321)) == "No prediction was made. The answer is 0.6321."
    assert repr(Reveal(None, "a cat")) == "No prediction was made. The answer is a cat."
