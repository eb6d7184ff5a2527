import itertools
import sys
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from memgen_lite import pi, plots


@pytest.fixture(scope="module")
def million():
    return pi.decimals(1_000_000)


@pytest.fixture
def no_gmpy2(monkeypatch):
    monkeypatch.setitem(sys.modules, "gmpy2", None)  # makes its import fail


def machin(n):
    """A third algorithm for the tests: Machin's 16 arctan(1/5) - 4 arctan(1/239), in Python's own integers."""
    one = 10 ** (n + 10)

    def arctan_of_one_over(x):
        total, power, k = 0, one // x, 0
        while power:
            total += (-1) ** k * (power // (2 * k + 1))
            power, k = power // x**2, k + 1
        return total

    return str(4 * (4 * arctan_of_one_over(5) - arctan_of_one_over(239)))[1 : n + 1]


# Decimals


@pytest.mark.parametrize(("position", "digits", "source"), pi.KNOWN, ids=lambda value: str(value)[:20])
def test_known_digits_stand_at_their_known_positions(million, position, digits, source):
    assert million[position - 1 : position - 1 + len(digits)] == digits
    assert source


def test_nines_begin_where_oeis_a048940_says(million):
    assert [million.find("9" * count) + 1 for count in range(1, 7)] == [5, 44, 762, 762, 762, 762]


def test_the_first_million_has_the_published_count_of_each_digit(million):
    """Counts from the pages of Kanada's group and many others."""
    published = [99959, 99758, 100026, 100229, 100230, 100359, 99548, 99800, 99985, 100106]
    assert np.bincount(pi.values(million)).tolist() == published


def test_three_algorithms_agree():
    assert pi.decimals(2000) == pi.gauss_legendre(2000) == machin(2000)


def test_the_second_algorithm_agrees_on_fifty_thousand(million):
    assert pi.gauss_legendre(50_000) == million[:50_000]


def test_decimals_without_gmpy2_are_the_same(no_gmpy2, million):
    with pytest.raises(ImportError):
        import gmpy2  # noqa: F401
    assert pi.decimals(100_000) == million[:100_000]
    assert all(pi.decimals(n) == million[:n] for n in range(60))


@given(n=st.integers(0, 3000))
@settings(deadline=None, max_examples=60)
def test_fewer_decimals_are_the_beginning_of_more(million, n):
    assert pi.decimals(n) == million[:n]
    assert len(pi.decimals(np.int64(n))) == n


@pytest.mark.parametrize("n", range(755, 770))
def test_a_row_of_nines_in_the_guard_digits_asks_for_more(monkeypatch, million, n):
    """With 6 guard digits of which 2 may be wrong, the six nines at 762 leave n = 761 undecided."""
    asked = []
    compute = pi._chudnovsky
    monkeypatch.setattr(pi, "GUARD", 6)
    monkeypatch.setattr(pi, "_chudnovsky", lambda n: asked.append(n) or compute(n))
    assert pi.decimals(n) == million[:n]
    assert len(asked) == (2 if n in (761, 762, 763) else 1)


@pytest.mark.parametrize("n", [0, 1, 12, 13, 14, 15, 27, 28, 29, 140])
def test_both_methods_err_by_at_most_two_in_the_last_place(million, n):
    for method in (pi._chudnovsky, pi._gauss_legendre):
        assert abs(int("1" + method(n)) - int("1" + million[:n])) <= 2


@pytest.mark.parametrize("n", [2.5, "3", None, True, 10.0])
def test_n_must_be_an_integer(n):
    with pytest.raises(TypeError, match="n must be a whole number, 0 or more, got"):
        pi.decimals(n)


def test_n_must_not_be_negative():
    with pytest.raises(ValueError, match="n must be 0 or more, got -3"):
        pi.decimals(-3)


def test_too_many_decimals_are_refused_with_what_they_would_take():
    with pytest.raises(ValueError, match=r"at most 1,000,000,000, got 314,000,000,000,000, .* 4,710,000 GB of memory"):
        pi.decimals(314 * 10**12)


def test_the_square_root_is_right_to_its_last_digits():
    from decimal import Context, Decimal, localcontext

    with localcontext(Context(500)):
        for x in ("0.5", "10005", "0.7177700110461299978211932237"):
            assert abs(pi._sqrt(Decimal(x)) - Decimal(x).sqrt()) < Decimal(10) ** -495


# Pictures


digit_strings = st.text("0123456789", min_size=1, max_size=200)


@given(digit_strings)
def test_digits_are_read_alike_from_every_kind_of_sequence(text):
    expected = [int(character) for character in text]
    for kind in (text, list(text), np.array(list(text)), expected, tuple(expected), np.array(expected, dtype=np.int8)):
        assert pi.values(kind).tolist() == expected
        assert pi.values(kind).dtype == np.uint8


def test_no_digits_are_no_digits():
    assert len(pi.values("")) == len(pi.values([])) == 0


@pytest.mark.parametrize("digits", ["3.14", "12a", "1\xb2", " 1", [1, 10], [-1], [[1, 2]], [0.5], ["1", "x"], "/", ":"])
def test_what_is_no_digit_is_refused(digits):
    with pytest.raises(ValueError, match="digits must be a str of 0-9 or integers from 0 to 9"):
        pi.values(digits)


@given(digit_strings, st.data())
def test_a_mosaic_keeps_the_order_and_drops_only_the_unfinished_row(text, data):
    columns = data.draw(st.integers(1, len(text)))
    grid = pi.mosaic(text, columns)
    assert grid.shape == (len(text) // columns, columns)
    assert "".join(map(str, grid.ravel())) == text[: grid.size]
    square = pi.mosaic(text)
    assert 0 <= square.shape[0] - square.shape[1] <= 2


@pytest.mark.parametrize("columns", [0, 5])
def test_a_mosaic_needs_at_least_one_row(columns):
    with pytest.raises(ValueError, match=f"columns must be from 1 to the number of digits, 4, got {columns}"):
        pi.mosaic("1415", columns)


@given(digit_strings)
def test_a_path_takes_one_unit_step_for_each_digit_clockwise_from_up(text):
    path = pi.path(text)
    assert path.shape == (len(text) + 1, 2)
    assert path[0].tolist() == [0, 0]
    steps = np.diff(path, axis=0)
    turns = np.arctan2(steps[:, 0], steps[:, 1]) / (2 * np.pi) * 10 % 10
    assert np.allclose(np.exp(2j * np.pi * turns / 10), np.exp(2j * np.pi * pi.values(text) / 10))
    assert np.allclose(np.hypot(*steps.T), 1)


def test_all_ten_digits_lead_back_to_the_start():
    assert np.allclose(pi.path("3141592653897088")[-1], pi.path("3141592653897088"[::-1])[-1])
    assert np.allclose(pi.path("0123456789")[-1], 0)
    assert pi.path("").tolist() == [[0, 0]]


# Tests of randomness


def test_uniformity_is_scipys_chi_square(million):
    for block in (1, 2, 3):
        cut = [million[i : i + block] for i in range(0, 1_000_000 // block * block, block)]
        counts = Counter(cut)
        reference = stats.chisquare([counts[f"{i:0{block}d}"] for i in range(10**block)])
        ours = pi.uniformity(million, block)
        assert ours.degrees == 10**block - 1
        assert np.allclose([ours.statistic, ours.p_value], [reference.statistic, reference.pvalue])


def test_pi_passes_with_the_p_values_that_an_independent_prototype_found(million):
    p_values = [pi.uniformity(million, block).p_value for block in range(1, 6)]
    assert np.round(p_values, 2).tolist() == [0.79, 0.30, 0.50, 0.82, 0.54]


def test_the_hands_of_poker_are_all_hands_with_their_probabilities():
    """Brute force over all 100,000 hands."""
    hands = dict.fromkeys(pi.HANDS, 0)
    shapes = {
        (1, 1, 1, 1, 1): "all different",
        (1, 1, 1, 2): "one pair",
        (1, 2, 2): "two pairs",
        (1, 1, 3): "three alike",
        (2, 3): "full house",
        (1, 4): "four alike",
        (5,): "five alike",
    }
    for hand in itertools.product("0123456789", repeat=5):
        hands[shapes[tuple(sorted(Counter(hand).values()))]] += 1
    assert {name: Fraction(count, 100_000) for name, count in hands.items()} == {
        name: Fraction(str(law)) for name, (_, law) in pi.HANDS.items()
    }
    every = "".join(map("".join, itertools.product("0123456789", repeat=5)))
    assert pi.poker(every) == (pytest.approx(0, abs=1e-20), 6, pytest.approx(1))


def test_serial_is_goods_statistic_by_brute_force():
    digits = pi.decimals(5000)
    ring = digits + digits[0]
    pairs, singles = Counter(ring[i : i + 2] for i in range(5000)), Counter(digits)
    psi2 = sum(count**2 for count in pairs.values()) * 100 / 5000 - 5000
    psi1 = sum(count**2 for count in singles.values()) * 10 / 5000 - 5000
    assert pi.serial(digits).statistic == pytest.approx(psi2 - psi1)


def test_gaps_are_counted_as_by_hand():
    digits = ("0" + "1" * 9) * 300  # every gap is 10
    result = pi.gap(digits)
    expected = 299 * 0.1 * 0.9**9
    others = 299 - expected
    assert result.statistic == pytest.approx((299 - expected) ** 2 / expected + others)
    assert result.p_value < 1e-12
    assert 299 * 0.9**result.degrees >= 5
    with pytest.raises(ValueError, match="digit must be one that comes 51 times or more, got 7, which comes 0 times"):
        pi.gap(digits, digit=7)


@pytest.mark.simulation
@pytest.mark.parametrize("test", [pi.uniformity, lambda d: pi.uniformity(d, 2), pi.serial, pi.poker, pi.gap])
def test_every_test_rejects_fair_digits_at_its_level(test):
    """400 fair sequences, each rejected with probability 0.05: 7 to 36 rejections but for 1e-4; p is uniform (KS)."""
    rng = np.random.default_rng(5)
    p = np.array([test(rng.integers(10, size=50_000)).p_value for _ in range(400)])
    assert 7 <= (p < 0.05).sum() <= 36
    assert stats.kstest(p, "uniform").pvalue > 1e-4


def test_every_test_sees_what_it_is_for():
    rng = np.random.default_rng(0)
    fair = rng.integers(10, size=100_000)
    assert pi.uniformity(np.where(rng.random(100_000) < 0.02, 7, fair)).p_value < 1e-6
    sticky = np.where(rng.random(100_000) < 0.02, np.roll(fair, 1), fair)
    assert pi.serial(sticky).p_value < 1e-6
    assert pi.poker(np.repeat(rng.integers(10, size=25_000), 2)).p_value < 1e-6
    assert pi.gap(np.arange(100_000) % 10).p_value < 1e-6
    assert pi.battery(np.arange(100_000) % 10).loc["single digits"].p_value == pytest.approx(1)


def test_the_battery_has_the_tests_that_the_length_allows(million):
    assert list(pi.battery(million).index)[:5] == [
        "single digits",
        *(f"blocks of {block}" for block in range(2, 6)),
    ]
    assert "blocks of 4" not in pi.battery(million[:50_000]).index
    assert pi.battery(million).p_value.between(0.01, 0.99).all()


@pytest.mark.parametrize("test", [pi.uniformity, pi.serial, pi.poker, pi.gap, pi.battery])
def test_too_few_digits_are_refused(test):
    with pytest.raises(ValueError, match=r"digits must be [\d,]+ or more for this .*, got 15"):
        test("141592653589793")


@pytest.mark.parametrize("block", [0, 7, 1.5, "2"])
def test_blocks_have_one_to_six_digits(block):
    with pytest.raises((ValueError, TypeError), match=r"block must be (a whole number, )?from 1 to 6, got"):
        pi.uniformity("0123456789" * 100, block)


# Prediction


def test_a_bigram_does_not_beat_knowing_nothing(million):
    """On fair digits the held-out cost exceeds log2 10 by (10 * 9) / (2 ln 2 * 500,000) = 0.00013 bits on average."""
    bigram = pi.predict(million, 1)
    assert bigram.held_out_bits == pytest.approx(np.log2(10) + 90 / 500_000 / 2 / np.log(2), abs=2e-4)
    assert bigram.train_bits < np.log2(10) < bigram.held_out_bits
    assert bigram.accuracy == pytest.approx(0.1, abs=0.002)


def test_longer_contexts_learn_the_first_half_by_heart_and_nothing_of_the_second(million):
    results = [pi.predict(million, order) for order in range(6)]
    train, held_out = np.array([[r.train_bits, r.held_out_bits] for r in results]).T
    assert (np.diff(train) < 0).all()
    assert (held_out > np.log2(10)).all()


@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_prediction_is_that_of_a_slow_count(order):
    digits = pi.decimals(600)
    half = len(digits) // 2
    counts = Counter(digits[i : i + order + 1] for i in range(half - order))
    contexts = Counter(digits[i : i + order] for i in range(half - order))

    def bits(i):
        context = digits[i - order : i]
        return -np.log2((counts[digits[i - order : i + 1]] + 1) / (contexts[context] + 10))

    result = pi.predict(digits, order)
    assert result.train_bits == pytest.approx(np.mean([bits(i) for i in range(order, half)]))
    assert result.held_out_bits == pytest.approx(np.mean([bits(i) for i in range(half + order, len(digits))]))


def test_a_sequence_with_a_rule_is_learned():
    counting = "0123456789" * 5000
    assert pi.predict(counting, 0).held_out_bits == pytest.approx(np.log2(10), abs=1e-3)
    bigram = pi.predict(counting, 1)
    assert bigram.accuracy == 1
    assert bigram.held_out_bits < 0.01


@pytest.mark.parametrize("order", [-1, 7, 1.5])
def test_the_order_is_from_0_to_6(order):
    with pytest.raises((ValueError, TypeError), match=r"order must be (a whole number, )?from 0 to 6, got"):
        pi.predict("0123456789", order)


def test_prediction_needs_something_to_learn_from():
    with pytest.raises(ValueError, match="digits must be 12 or more"):
        pi.predict("1415", 2)


# Records


def test_records_are_complete_dated_and_sourced():
    frame = pi.records()
    assert list(frame.columns) == ["kind", "year", "who", "decimals", "hours", "recognized", "note", "source", "as_of"]
    assert set(frame.kind) == {"recited", "computed"}
    assert (frame.as_of == "2025-12").all()
    assert frame.source.str.len().gt(5).all()
    assert frame.decimals.dtype.kind == "i"
    assert frame.hours.dropna().between(1, 24 * 366).all()
    assert frame.notna().drop(columns="hours").all().all()


def test_records_of_both_kinds_are_in_order_of_year():
    for _, rows in pi.records().groupby("kind"):
        assert rows.year.is_monotonic_increasing


def test_disputed_records_say_so():
    people = pi.records().query("kind == 'recited'").set_index(["who", "decimals"])
    assert people.loc[("Rajveer Meena", 70_000)].recognized == "Guinness"
    assert people.loc[("Akira Haraguchi", 100_000)].recognized == ""
    assert "unofficial" in people.loc[("Akira Haraguchi", 100_000)].note
    assert people.loc[("Suresh Kumar Sharma", 70_030)].recognized == "Limca"


def test_each_computation_in_the_table_was_larger_than_the_one_before():
    machines = pi.records().query("kind == 'computed'")
    assert machines.year.is_monotonic_increasing
    assert machines.decimals.is_monotonic_increasing
    assert machines.decimals.iloc[-1] == 314 * 10**12


# Drawing (memgen_lite.plots)


@pytest.fixture
def ax():
    from matplotlib.figure import Figure

    return Figure(figsize=(4, 4)).subplots()


def test_drawn_digits_have_a_color_each_are_written_and_framed(ax):
    from matplotlib.colors import to_rgba

    grid = pi.mosaic("0123456789", 5)
    assert plots.digits(ax, grid, text=True, frame=(7, 2)) is ax
    (image,) = ax.images
    assert image.get_array().tolist() == grid.tolist()
    shown = image.to_rgba(grid).reshape(-1, 4)
    assert np.allclose(shown, [to_rgba(color) for color in plots.DIGIT_COLORS])
    assert len({tuple(color) for color in shown}) == 10
    written = {line.get_marker().strip("$"): line.get_xydata() for line in ax.lines}
    assert {digit: where.tolist() for digit, where in written.items()} == {
        str(digit): [[digit % 5, digit // 5]] for digit in range(10)
    }
    assert (*ax.get_xlim(), *ax.get_ylim()) == (-0.5, 4.5, 1.5, -0.5)
    (frame,) = ax.patches
    assert (*frame.get_xy(), frame.get_width(), frame.get_height()) == (1.5, 0.5, 2, 1)
    plots.digits(ax, grid)
    assert len(ax.lines) == 10


def test_written_digits_stand_out_from_their_color():
    """WCAG's contrast ratio of the ink to the tile is at least 3, its bound for large text and graphics."""
    from matplotlib.colors import to_rgb

    def luminance(color):
        channels = np.array(to_rgb(color))
        return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4) @ [
            0.2126,
            0.7152,
            0.0722,
        ]

    for digit, color in enumerate(plots.DIGIT_COLORS):
        ink = 1.0 if digit in plots.pi_digits._DARK_DIGITS else 0.0
        lighter, darker = sorted([luminance(color), ink], reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 3


def test_the_dial_points_where_the_path_goes(ax):
    plots.digit_dial(ax)
    for digit, (line, text) in enumerate(zip(ax.lines, ax.texts, strict=True)):
        step = pi.path([digit])[1]
        tip = np.array([line.get_xdata()[1], line.get_ydata()[1]])
        assert np.allclose(tip / np.hypot(*tip), step)
        assert np.allclose(text.get_position(), step)
        assert text.get_text() == str(digit)


@pytest.mark.parametrize("n", [1, 5, 1000])
def test_a_drawn_path_is_the_whole_path_from_dot_to_diamond(ax, n):
    path = pi.path(pi.decimals(n))
    plots.path(ax, path)
    (line,) = ax.collections
    first, *rest = (part.vertices for part in line.get_paths())
    assert np.array_equal(np.concatenate([first, *(part[1:] for part in rest)]), path)
    start, end = (mark.get_xydata()[0] for mark in ax.lines)
    assert np.array_equal([start, end], path[[0, -1]])
    assert line.get_rasterized()
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    assert left < path[:, 0].min() and path[:, 0].max() < right and low < path[:, 1].min() and path[:, 1].max() < high


def test_a_path_drawn_by_digit_has_every_step_in_its_color(ax):
    digits = pi.decimals(300)
    path = pi.path(digits)
    plots.path(ax, path, steps=pi.values(digits))
    for digit, line in enumerate(ax.lines[:10]):
        pieces = line.get_xydata().reshape(-1, 3, 2)
        mine = pi.values(digits) == digit
        assert line.get_color() == plots.DIGIT_COLORS[digit]
        assert np.array_equal(pieces[:, 0], path[:-1][mine])
        assert np.array_equal(pieces[:, 1], path[1:][mine])
        assert np.isnan(pieces[:, 2]).all()
