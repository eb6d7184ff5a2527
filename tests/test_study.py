"""The study without a browser: its state, and the view that follows it."""

import itertools

import numpy as np
import pytest
from scipy import stats

import memgen_lite as mg
from memgen_lite import coin
from memgen_lite.study import HumanEvaluation, Study


def pictures(count, offset=0, shape=(4, 4)):
    return np.zeros((count, *shape)) + np.arange(offset, offset + count).reshape(-1, *[1] * len(shape))


def study(n_calibration=2, n_trials=5, random_state=0, extra=0):
    count = n_calibration + n_trials + extra
    sizes = {"n_calibration": n_calibration, "n_trials": n_trials, "random_state": random_state}
    return Study(pictures(count), pictures(count, offset=1000), **sizes)


def answer_rightly(one, times):
    for _ in range(times):
        one.answer(one.sides[len(one.answers)])


def evaluation(**sizes):
    return HumanEvaluation(pictures(30), pictures(30, offset=1000), **sizes)


def test_every_pair_is_one_real_and_one_generated_picture_on_the_side_that_is_stated():
    one = study(extra=3)
    for position, side in enumerate(one.sides):
        left, right = one.pair(position)
        assert (left[0, 0] < 1000, right[0, 0] < 1000) == ((True, False) if side < 0 else (False, True))
        assert {left[0, 0], right[0, 0]} == {one.real_rows[position], 1000 + one.generated_rows[position]}


def test_no_row_is_shown_twice_and_the_seed_repeats_the_order():
    one, same, other = study(n_trials=50), study(n_trials=50), study(n_trials=50, random_state=1)
    assert len(set(one.real_rows)) == len(set(one.generated_rows)) == len(one) == 52
    assert (one.sides == same.sides).all()
    assert (one.real_rows == same.real_rows).all()
    assert (one.generated_rows != other.generated_rows).any()
    assert (one.real_rows != one.generated_rows).any()


def test_sides_are_fair():
    """Binomial test of 10,000 sides at level 0.001, with a fixed seed."""
    sides = study(n_trials=10_000).sides
    assert stats.binomtest(int((sides == 1).sum()), len(sides)).pvalue > 0.001


def test_counting_cards_gains_nothing():
    """A rater told all earlier sides who bets on balance; 1,000 studies of 20, binomial test at level 0.001."""
    right = 0
    for seed in range(1000):
        sides = study(n_calibration=0, n_trials=20, random_state=seed).sides
        balance = np.concatenate([[0], np.cumsum(sides)[:-1]])
        right += (np.where(balance > 0, -1, 1) == sides).sum()
    assert stats.binomtest(int(right), 20_000).pvalue > 0.001


def test_calibration_is_marked_but_does_not_count():
    one = study()
    assert one.calibrating
    answer_rightly(one, 2)
    assert not one.calibrating
    assert not one.can_undo
    assert len(one.outcomes) == 0
    with pytest.raises(ValueError, match="no answer to take back"):
        one.undo()


def test_an_answer_counts_once_the_next_is_given_and_can_be_taken_back_until_then():
    one = study()
    answer_rightly(one, 3)
    assert one.can_undo
    assert len(one.outcomes) == 0
    one.undo()
    one.answer(-one.sides[2])
    answer_rightly(one, 1)
    assert one.outcomes.tolist() == [False]
    one.undo()
    assert one.outcomes.tolist() == [False]
    answer_rightly(one, 4)
    assert one.finished
    assert one.outcomes.tolist() == [False, True, True, True]
    one.score()
    assert one.outcomes.tolist() == [False, True, True, True, True]
    assert not one.can_undo


def test_only_one_answer_can_be_taken_back_so_no_mark_is_known_when_it_is_given_anew():
    one = study()
    answer_rightly(one, 4)
    one.undo()
    assert one.can_undo is False
    with pytest.raises(ValueError, match="no answer to take back"):
        one.undo()


def test_the_study_refuses_what_cannot_be():
    one = study()
    with pytest.raises(ValueError, match=r"side must be -1 for left or \+1 for right, got 0"):
        one.answer(0)
    with pytest.raises(ValueError, match="7 of 7 pairs have no answer yet"):
        one.score()
    answer_rightly(one, 7)
    with pytest.raises(ValueError, match="all 7 pairs have an answer"):
        one.answer(1)


@pytest.mark.parametrize(
    ("real", "generated", "sizes", "message"),
    [
        (np.zeros((30, 16)), np.zeros((30, 16)), {}, "pictures of one size"),
        (pictures(30), pictures(30, shape=(5, 5)), {}, "pictures of one size"),
        (pictures(30), pictures(30).astype(int), {}, "float64 and .* of int64"),
        (pictures(30), pictures(22), {}, "23 pairs need 23 rows of each, got 30 real, 22 generated"),
        (pictures(30), pictures(30), {"n_trials": 0}, "n_trials 1 or more"),
        (pictures(30), pictures(30), {"n_calibration": -1}, "n_calibration must be 0 or more"),
    ],
)
def test_the_study_says_which_pictures_it_cannot_use(real, generated, sizes, message):
    with pytest.raises(ValueError, match=message):
        Study(real, generated, **sizes)


def test_seed_and_answers_are_the_whole_state():
    one, again = study(), study()
    for side in (-1, 1, 1, -1):
        one.answer(side)
    for side in one.answers:
        again.answer(side)
    assert one.to_frame().equals(again.to_frame())
    assert (one.outcomes == again.outcomes).all()
    assert (one.coin_outcomes == again.coin_outcomes).all()


def test_the_frame_has_a_row_for_each_answer():
    one = study()
    assert len(one.to_frame()) == 0
    answer_rightly(one, 3)
    one.answer(-one.sides[3])
    frame = one.to_frame()
    assert frame.calibration.tolist() == [True, True, False, False]
    assert frame.right.tolist() == [True, True, True, False]
    assert (frame.real_row == one.real_rows[:4]).all()
    assert (frame.generated_row == one.generated_rows[:4]).all()
    assert ((frame.real_side == frame.answer) == frame.right).all()


def test_simulated_raters_take_the_study():
    one = study(n_trials=40)
    one.take(coin.Librarian(pictures(42, offset=1000), 0))
    assert one.outcomes.all()
    assert one.scored
    assert "40 of 40 right, 100 %" in one.summary()
    assert ": not a coin." in one.summary()
    blind = study(n_trials=40)
    blind.take(coin.RademacherCoin(0))
    assert "a coin would have done as well" in blind.summary()


@pytest.mark.parametrize(("n_trials", "convinces"), [(5, False), (12, True)])
def test_the_verdict_is_that_of_the_e_process_at_twenty(n_trials, convinces):
    one = study(n_calibration=0, n_trials=n_trials)
    answer_rightly(one, n_trials)
    one.score()
    assert (coin.betting_e_process(np.ones(n_trials)).max() >= 20) == convinces
    assert (": not a coin." in one.summary()) is convinces


def test_the_coin_beside_the_reader_is_right_half_the_time_and_waits_for_the_reader():
    """Binomial test of 2,000 outcomes at level 0.001, with a fixed seed."""
    one = study(n_trials=2000)
    answer_rightly(one, 12)
    assert len(one.coin_outcomes) == len(one.outcomes) == 9
    answer_rightly(one, 1990)
    one.score()
    assert stats.binomtest(int(one.coin_outcomes.sum()), 2000).pvalue > 0.001
    assert one.outcomes.all()


def test_the_package_finds_the_widget_where_it_promised():
    assert mg.widgets.HumanEvaluation is HumanEvaluation
    with pytest.raises(AttributeError, match="has no attribute 'Nonsense'"):
        mg.widgets.Nonsense  # noqa: B018


def test_the_buttons_drive_the_study_and_are_live_only_when_they_may_be():
    view = evaluation(n_calibration=1, n_trials=2)
    one, buttons = view.study, view.buttons

    def live():
        return [name for name, button in buttons.items() if not button.disabled]

    assert live() == ["left", "right"]
    buttons["left"].click()
    assert one.answers == [-1]
    assert live() == ["left", "right"]
    buttons["right"].click()
    assert one.answers == [-1, 1]
    assert live() == ["left", "right", "undo"]
    buttons["undo"].click()
    assert one.answers == [-1]
    buttons["left"].click()
    buttons["right"].click()
    assert live() == ["undo", "score"]
    assert view.progress.value == view.progress.max == 3
    buttons["score"].click()
    assert live() == []
    assert one.scored
    assert view.to_frame().equals(one.to_frame())


def test_calibration_tells_the_answer_in_the_words():
    view = evaluation()
    assert "Calibration pair 1 of 3" in view.words.value
    side = view.study.sides[0]
    view.buttons["left" if side < 0 else "right"].click()
    assert f"Right: the {'left' if side < 0 else 'right'} one was real." in view.words.value
    side = view.study.sides[1]
    view.buttons["right" if side < 0 else "left"].click()
    assert f"Not so: the {'left' if side < 0 else 'right'} one was real." in view.words.value
    answer_rightly(view.study, 1)
    view.buttons["left"].click()
    assert "was real" not in view.words.value


def test_the_picture_changes_with_the_pair_and_its_alt_text_gives_nothing_away():
    noise = np.random.default_rng(0).random((2, 30, 4, 4))
    view, seen, alts = HumanEvaluation(*noise), set(), set()
    for side in itertools.islice(itertools.cycle((-1, 1)), len(view.study)):
        seen.add(view.view.value)
        alts.add(view.view.value.split('alt="')[1].split('"')[0])
        view.buttons["left" if side < 0 else "right"].click()
    assert len(seen) == len(view.study)
    assert alts == {"Two pictures side by side, one real and one generated."}
    assert view.view.value == ""
    assert "Score the study" in view.words.value


def test_the_running_accuracy_stands_beside_the_coins():
    view = evaluation(n_calibration=0)
    assert view.result.value == ""
    for _ in range(11):
        view.buttons["left" if view.study.sides[len(view.study.answers)] < 0 else "right"].click()
    low, high = coin.confidence_sequence([1] * 10)[-1]
    assert (
        f"This rater: 10 of 10 right, 100 % (95 % sequence: {100 * low:.0f} to {100 * high:.0f} %)" in view.result.value
    )
    assert f"A coin: {view.study.coin_outcomes.sum()} of 10 right" in view.result.value


def test_a_stored_notebook_shows_the_waiting_pair_and_then_the_result():
    view = evaluation(n_trials=10)
    bundle, _ = view._repr_mimebundle_()
    assert "<img alt=" in bundle["text/html"]
    assert bundle["text/plain"] == "HumanEvaluation of 10 pairs. Calibration pair 1 of 3. Which picture is real?"
    assert view.take(coin.RademacherCoin(0)) is view
    bundle, _ = view._repr_mimebundle_()
    assert "<img" not in bundle["text/html"]
    assert "A coin: " in bundle["text/html"]
    assert f"{view.study.outcomes.sum()} of 10 right" in bundle["text/plain"]


def test_color_pictures_are_shown_too():
    shape = (8, 8, 3)
    real, generated = (pictures(25, offset=offset, shape=shape).astype(np.uint8) for offset in (0, 100))
    assert "<img alt=" in HumanEvaluation(real, generated).view.value
