"""An argument that is refused is named, with what it must be and what it was; one that passes is a plain number."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgen_lite.shared.checks import flag, number, numbers_in, one_of, shown, whole

NO_NUMBERS = st.one_of(
    st.none(), st.text(), st.binary(), st.booleans(), st.lists(st.integers()), st.complex_numbers(), st.just(object())
)


@given(st.integers() | st.integers(-128, 127).map(np.int8), st.integers(-3, 3), st.integers(0, 5))
def test_a_whole_number_passes_within_its_range_and_is_an_int(value, least, more):
    if least <= value <= least + more:
        assert whole(value, "n", least, least + more) == value
        assert type(whole(value, "n", least)) is int
    else:
        with pytest.raises(ValueError, match=f"n must be from {least} to {least + more}, got "):
            whole(value, "n", least, least + more)


@given(NO_NUMBERS | st.floats() | st.floats(width=32).map(np.float32) | st.just(np.array([1, 2])) | st.just(np.True_))
def test_no_flag_no_float_and_no_collection_is_a_whole_number(value):
    with pytest.raises(TypeError, match="n must be a whole number, 0 or more, got "):
        whole(value, "n", 0)


@given(st.floats() | st.integers() | st.fractions() | st.floats(-2, 2, width=32).map(np.float32) | st.just(10**400))
def test_a_number_passes_within_its_range_and_is_finite(value):
    if 0 < value < 1 and 0 < float(value) < 1:
        assert number(value, "q", above=0, below=1) == float(value)
        assert type(number(value, "q")) is float
    else:
        with pytest.raises(ValueError, match=r"q must be (a finite number )?above 0 and below 1, got "):
            number(value, "q", above=0, below=1)


@given(NO_NUMBERS | st.just(np.array([1.0])) | st.just(Decimal(1)) | st.just(np.False_))
def test_what_is_no_real_number_is_said_to_be_none(value):
    with pytest.raises(TypeError, match="q must be a number from 0 to 1, got "):
        number(value, "q", 0, 1)


@given(st.lists(st.floats() | st.integers(-5, 5), max_size=5))
def test_an_array_passes_if_all_of_it_is_within_the_range(values):
    if all(0 <= value <= 1 for value in values):
        assert numbers_in(values, "p", 0, 1).tolist() == values
    else:
        with pytest.raises(ValueError, match="p must be numbers, from 0 to 1, got "):
            numbers_in(values, "p", 0, 1)


@pytest.mark.parametrize("X", [None, "x", ["a"], [[1], [1, 2]], [None], [1j], object(), np.array(["2020"], "M8[D]")])
def test_what_is_no_array_of_numbers_is_said_to_be_none(X):
    with pytest.raises(TypeError, match="p must be numbers, got "):
        numbers_in(X, "p")
    with pytest.raises(TypeError, match="p must be whole numbers, 1 or more, got "):
        numbers_in(X, "p", 1, kinds="iu")


def test_an_empty_list_is_an_array_of_the_numbers_asked_for():
    assert numbers_in([], "p", kinds="iu").dtype == np.int64
    assert numbers_in([], "p").dtype == np.float64
    with pytest.raises(TypeError, match=r"p must be whole numbers, got \[1.0\]"):
        numbers_in([1.0], "p", kinds="iu")


@pytest.mark.parametrize("value", ["c", 1, None, ["a"], np.arange(3), {}])
def test_an_option_is_one_of_its_words_and_a_flag_is_a_flag(value):
    with pytest.raises(ValueError, match="how must be one of a, b, got "):
        one_of(value, "how", ["a", "b"])
    with pytest.raises(TypeError, match="replace must be True or False, got "):
        flag(value, "replace")
    assert one_of("a", "how", ["a", "b"]) == "a"
    assert flag(np.True_, "replace") is True


def test_whatever_is_given_can_be_shown():
    class Mute:
        def __repr__(self):
            raise RuntimeError

    assert shown(Mute()) == "a Mute"
    assert shown(10**5000) == "a int"
    assert len(shown(np.zeros((100, 100)))) <= 80
    assert shown(Fraction(1, 3)) == "Fraction(1, 3)"
    with pytest.raises(ValueError, match="n must be from 0 to 5, got a int"):
        whole(10**5000, "n", 0, 5)
