"""The trainer's state, and its view without a browser."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgen_lite import pi
from memgen_lite.display.widgets.recitation import Recital, Recitation

PI = pi.decimals(1000)


def heard(text, decimals=PI):
    recital = Recital(decimals)
    recital.hear(text)
    return recital


def test_nothing_typed_is_no_streak_and_no_mistake():
    recital = Recital(PI)
    assert (recital.typed, recital.streak, recital.mistake, recital.best) == ("", 0, None, 0)
    assert recital.summary() == "Type the decimals of pi, from the first after the point."


@given(st.integers(0, 200), st.integers(1, 9))
def test_the_streak_ends_at_the_first_mistake_whatever_follows(right, shift):
    wrong = str((int(PI[right]) + shift) % 10)
    recital = heard(PI[:right] + wrong + PI[right + 1 : 400])
    assert (recital.streak, recital.mistake) == (right, right + 1)
    assert heard(PI[:right]).mistake is None


@given(st.text(), st.text(alphabet="0123456789 .,x\n٣", max_size=30))
def test_any_text_is_heard_and_what_counts_are_its_decimal_digits(first, second):
    recital = heard(first + second)
    assert re.fullmatch("[0-9]*", recital.typed)
    assert recital.typed + "3" * recital.led in (
        "".join(str(int(c)) for c in first + second if c.isdecimal()),
        recital.typed + "3",
    )
    assert 0 <= recital.streak <= len(recital.typed)
    assert recital.best == recital.streak
    assert not set(recital.left_out) & set("0123456789 \n.,")


@pytest.mark.parametrize(
    "text",
    [
        "14159 26535\n89793\t23846",
        "14159\u00a026535\u202f89793\u200923846",
        "1415.9265.3589,7932-3846",
        "1415926535_8979323846",
        "١٤١٥٩٢٦٥٣٥٨٩٧٩٣٢٣٨٤٦",
        "१४१५९२६५३५८९७९३२३८४६",
        "１４１５９２６５３５８９７９３２３８４６",
    ],
)
def test_groups_lines_and_digits_of_other_scripts_are_read(text):
    recital = heard(text)
    assert recital.typed == PI[:20]
    assert recital.summary() == "20 of 20 right."


@pytest.mark.parametrize("text", ["3.1415", "3,1415", " 3 . 14 15", "٣٫١٤١٥", "3·1415"])
def test_the_three_before_the_point_does_not_count_and_that_is_said(text):
    recital = heard(text)
    assert (recital.led, recital.typed) == (True, "1415")
    assert recital.summary() == "4 of 4 right. The 3 before the point does not count."


def test_a_three_without_a_point_is_a_first_mistake_with_a_hint():
    recital = heard("31415")
    assert (recital.led, recital.mistake) == (False, 1)
    assert recital.summary() == (
        "Decimal 1 is not so; 0 right before it. The 3 stands before the point: begin after it."
    )
    assert "begin" not in heard("2").summary()
    assert heard("3").mistake == 1


def test_what_is_no_digit_is_left_out_and_named_once():
    recital = heard("14a15b9²a")
    assert (recital.typed, recital.left_out) == ("14159", "ab²")
    assert recital.summary() == "5 of 5 right. Left out, since not digits: a b ²"


def test_a_mistake_is_told_by_its_place_and_no_digit_is_given_away():
    recital = heard("1415926534" + "0" * 5)
    assert recital.summary() == "Decimal 10 is not so; 9 right before it."


def test_the_best_streak_stays_when_one_begins_anew():
    recital = heard(PI[:50])
    recital.hear("1419")
    assert (recital.streak, recital.best) == (3, 50)


def test_who_knows_more_than_the_page_is_told():
    recital = heard(PI[:30] + "77", PI[:30])
    assert (recital.streak, recital.mistake) == (30, None)
    assert recital.summary() == "30 of 30 right. That is all that this page knows."


def test_the_state_has_the_numbers_with_commas():
    assert heard(PI).summary() == "1,000 of 1,000 right. That is all that this page knows."


@pytest.mark.parametrize(("decimals", "error"), [("", "one digit or more"), ("14a", "0-9")])
def test_the_true_decimals_are_digits(decimals, error):
    with pytest.raises(ValueError, match=error):
        Recital(decimals)


# The view


def test_the_view_follows_the_field():
    view = Recitation(PI)
    view.field.value = PI[:12]
    assert "12 of 12 right." in view.words.value
    assert 'aria-live="polite"' in view.words.value
    view.field.value = "<b>"
    assert "&lt; b &gt;" in view.words.value
    assert "You, now</th>" in view.board.value
    assert repr(view).endswith("Best: 12 right.")


def test_the_board_has_everybodys_best_with_its_year_and_who_recognized_it():
    board = Recitation(PI).board.value
    people = pi.records().query("kind == 'recited'").groupby("who").decimals.max()
    counts = [int(count.replace(",", "")) for count in re.findall(r">([\d,]+)</td>", board)]
    assert counts == [0, 0, *sorted(people)]
    assert "Rajveer Meena, 2015 (recognized: Guinness)" in board
    assert "Akira Haraguchi, 2006 (no recognition found)" in board
    widths = [int(width) for width in re.findall(r"width:(\d+)px", board)]
    assert widths == sorted(widths)
    assert widths[0] == 0


def test_a_stored_trainer_is_its_first_words_and_the_board():
    view = Recitation(PI)
    data, _ = view._repr_mimebundle_()
    assert data["text/plain"] == "Recitation. Type the decimals of pi, from the first after the point. Best: 0 right."
    assert data["text/html"] == view.words.value + view.board.value
