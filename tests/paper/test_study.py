"""The study without a screen: its pairs, its answers, its clock and its file."""

import json
import os

import numpy as np
import pytest
from scipy import stats

from memgen_lite import coin
from memgen_lite.paper.study import Study

NAMES = ["Ada", "=1+1", "'quoted'", 'a "b", c', "<script>", "\u202eadA\u202c", "a\u200bb", "line\nbreak", "名前"]


def pictures(count, offset=0, shape=(4, 4)):
    return np.zeros((count, *shape)) + np.arange(offset, offset + count).reshape(-1, *[1] * len(shape))


def study(n_calibration=2, n_trials=5, random_state=0, extra=0):
    count = n_calibration + n_trials + extra
    sizes = {"n_calibration": n_calibration, "n_trials": n_trials, "random_state": random_state}
    return Study(pictures(count), pictures(count, offset=1000), **sizes)


def answer_rightly(one, times):
    for _ in range(times):
        one.answer(one.sides[len(one.answers)])


class Clock:
    """Seconds that pass when they are told to."""

    now = 100.0

    def __call__(self):
        return self.now

    def passes(self, seconds):
        self.now += seconds


def texts(count, word="real"):
    return [f"{word} text {number}" for number in range(count)]


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
    answer_rightly(one, 2)
    with pytest.raises(ValueError, match="no answer to score yet"):
        one.score()
    answer_rightly(one, 5)
    for act in (lambda: one.answer(1), one.start):
        with pytest.raises(ValueError, match="all 7 pairs have an answer"):
            act()


@pytest.mark.parametrize(
    ("real", "generated", "options", "message"),
    [
        (pictures(30), pictures(22), {}, "need 23 rows of each, got 30 real, 22 generated"),
        (texts(5), texts(5), {}, r"23 pairs \(n_calibration and n_trials\) need 23 rows of each, got 5 real"),
        (pictures(30), texts(30), {}, "must all be lists of str, or all be arrays"),
        (pictures(30), pictures(30), {"n_trials": 0}, "n_trials must be 1 or more, got 0"),
        (pictures(30), pictures(30), {"n_calibration": -1}, "n_calibration must be 0 or more"),
        (pictures(30), pictures(30), {"question": "best"}, "question must be one of real, better, copy, got 'best'"),
        (pictures(30), pictures(30), {"question": "copy"}, "train is shown for question='copy'"),
        (pictures(30), pictures(30), {"train": pictures(3)}, "and only there; got question='real'"),
        (pictures(30), pictures(30), {"random_state": None, "path": "x"}, "path needs a number as random_state"),
        (
            pictures(30),
            pictures(30),
            {"path": "nowhere/x.json"},
            "path must be in a folder that is there, got",
        ),
        (pictures(30), pictures(30), {"random_state": -1}, "random_state must be 0 or more"),
        (pictures(30), pictures(30), {"rater": "\ud800"}, "rater must be a name that a file can hold"),
    ],
)
def test_the_study_says_what_it_cannot_use(real, generated, options, message):
    with pytest.raises(ValueError, match=message):
        Study(real, generated, **options)


def test_a_rater_has_a_name_before_the_first_answer_and_it_is_text():
    one = study()
    with pytest.raises(TypeError, match="rater must be a str, got int"):
        one.name(7)
    one.answer(1)
    with pytest.raises(ValueError, match="before the first answer, and there are 1"):
        one.name("Ada")


def test_each_name_has_an_order_of_its_own_and_keeps_it():
    orders = {}
    for name in ("", *NAMES):
        one = study(n_trials=60)
        one.name(name)
        orders[tuple(one.sides)] = one.seed
    assert len(orders) == len(set(orders.values())) == len(NAMES) + 1
    assert orders[tuple(study(n_trials=60).sides)] == "0"
    named = Study(pictures(62), pictures(62, offset=1000), n_calibration=2, n_trials=60, rater="Ada")
    assert orders[tuple(named.sides)] == "0 Ada"
    assert study(random_state=np.random.default_rng(0)).seed == ""


def test_texts_are_shown_as_they_are():
    one = Study(texts(25), np.array(texts(25, "made"), dtype=object), random_state=1)
    for position, side in enumerate(one.sides):
        assert [word.split()[0] for word in one.pair(position)] == (["real", "made"] if side < 0 else ["made", "real"])


@pytest.mark.parametrize(("question", "target"), [("real", "real"), ("better", "made"), ("copy", "made")])
def test_each_question_counts_what_it_asks_for(question, target):
    train = texts(3, "train") if question == "copy" else None
    one = Study(texts(25), texts(25, "made"), question=question, train=train, random_state=2)
    for position in range(len(one)):
        one.answer(-1 if one.pair(position)[0].startswith(target) == (position % 2 == 0) else 1)
    one.score()
    counted = [position % 2 == 0 for position in range(len(one))]
    assert one.outcomes.tolist() == counted[3:]
    assert one.to_frame().outcome.tolist() == counted


def test_the_nearest_training_rows_stand_beside_their_own():
    train = pictures(2000)[::-1] + 0.25
    one = Study(pictures(30), pictures(30, offset=1000), question="copy", train=train)
    for position in range(len(one)):
        for item, near in zip(one.pair(position), one.nearest(position), strict=True):
            assert (near == item + 0.25).all()
    assert one.nearest()[0][0, 0] == one.pair()[0][0, 0] + 0.25
    one.name("Ada")  # deals anew
    assert one.nearest()[0][0, 0] == one.pair()[0][0, 0] + 0.25


def test_the_nearest_training_text_has_the_same_runs_of_characters():
    made, real, count = texts(25, "generated"), texts(25), 23
    one = Study(real, made, question="copy", train=[*real[::-1], *made])
    assert [one.nearest(position) for position in range(count)] == [one.pair(position) for position in range(count)]


def test_the_clock_runs_while_a_pair_is_in_view_and_only_then():
    clock = Clock()
    one = Study(pictures(30), pictures(30), n_calibration=1, n_trials=4, clock=clock)
    clock.passes(50)
    one.start()
    clock.passes(2)
    one.start()  # it runs already
    one.answer(1)
    clock.passes(3)
    one.pause()
    clock.passes(1000)
    one.pause()
    one.start()
    clock.passes(4.0004)
    one.answer(-1)
    assert one.running
    clock.passes(1)
    one.undo()
    clock.passes(5)
    one.answer(1)
    clock.passes(0.5)
    one.score()
    assert not one.running
    one.answer(1)
    one.answer(1)
    frame = one.to_frame()
    assert frame.seconds.tolist()[:3] == [2, 12.0, 1.5]
    assert np.isnan(frame.seconds[3])
    assert frame.taken_back.tolist() == [False, True, False, False]
    assert frame.seconds.dtype == float


def test_the_clock_stops_at_the_last_answer():
    clock = Clock()
    one = Study(pictures(30), pictures(30), n_calibration=0, n_trials=1, clock=clock)
    one.start()
    clock.passes(1)
    one.answer(1)
    clock.passes(1000)
    one.score()
    assert not one.running
    assert one.to_frame().seconds.tolist() == [1]


def test_a_study_may_stop_early_and_go_on():
    one = study(n_trials=20)
    answer_rightly(one, 10)
    assert not one.scored
    one.score()
    assert one.scored
    assert not one.can_undo
    assert one.outcomes.all()
    assert len(one.outcomes) == 8
    answer_rightly(one, 12)
    one.score()
    assert len(one.outcomes) == 20


def test_seed_and_answers_are_the_whole_state():
    one, again = study(), study()
    for side in (-1, 1, 1, -1):
        one.answer(side)
    for side in one.answers:
        again.answer(side)
    assert one.to_frame().equals(again.to_frame())
    assert (one.outcomes == again.outcomes).all()
    assert (one.coin_outcomes == again.coin_outcomes).all()


def test_the_frame_has_a_row_for_each_answer_and_its_types_do_not_depend_on_how_many():
    one = study()
    empty = one.to_frame()
    assert len(empty) == 0
    answer_rightly(one, 3)
    one.answer(-one.sides[3])
    frame = one.to_frame()
    assert (frame.dtypes[6:] == empty.dtypes[6:]).all()
    assert frame.pair.tolist() == [1, 2, 3, 4]
    assert frame.calibration.tolist() == [True, True, False, False]
    assert frame.outcome.tolist() == [True, True, True, False]
    assert (frame.real_row == one.real_rows[:4]).all()
    assert (frame.generated_row == one.generated_rows[:4]).all()
    assert ((frame.real_side == frame.answer) == frame.outcome).all()
    assert set(frame.question) == {"real"}
    assert set(frame.seed) == {"0"}


@pytest.mark.parametrize("question", ["real", "copy", "better"])
def test_simulated_raters_take_the_study(question):
    made = pictures(42, offset=1000)
    train = made if question == "copy" else None
    one = Study(pictures(42), made, question=question, train=train, n_calibration=2, n_trials=40)
    one.start()
    one.take(coin.Librarian(made, 0))
    assert one.outcomes.all() if question != "better" else not one.outcomes.any()
    assert one.scored
    assert one.to_frame().seconds[1:].isna().all()


def test_simulated_raters_read_texts_too():
    made = texts(30, "made")
    one = Study(texts(30), made)
    one.take(coin.Librarian(made, 0))
    assert one.outcomes.all()


def test_the_coin_beside_the_reader_is_right_half_the_time_and_waits_for_the_reader():
    """Binomial test of 2,000 outcomes at level 0.001, with a fixed seed."""
    one = study(n_trials=2000)
    answer_rightly(one, 12)
    assert len(one.coin_outcomes) == len(one.outcomes) == 9
    answer_rightly(one, 1990)
    one.score()
    assert stats.binomtest(int(one.coin_outcomes.sum()), 2000).pvalue > 0.001
    assert one.outcomes.all()


def kept(path, rater="Ada", **options):
    sizes = {"n_calibration": 2, "n_trials": 5, "random_state": 3} | options
    return Study(pictures(30), pictures(30, offset=1000), path=path, rater=rater, **sizes)


@pytest.mark.parametrize("name", NAMES)
def test_who_left_half_way_goes_on_where_they_were(tmp_path, name):
    path, clock = tmp_path / 'it\'s "kept" & <b>.json', Clock()
    one = kept(path, name, clock=clock)
    assert not path.exists()
    one.start()
    for side in (1, -1, 1, -1):
        clock.passes(1.25)
        one.answer(side)
    one.undo()
    again = kept(path, name)  # the kernel died, the cell is run anew
    assert again.to_frame().equals(one.to_frame())
    assert (again.answers, again.marked, again.running) == (one.answers, one.marked, False)
    assert again.can_undo is one.can_undo is False
    assert (again.outcomes == one.outcomes).all()
    again.answer(1)
    again.undo()
    again.answer(-1)
    again.score()
    third = kept(path, "")  # the name is in the file
    assert third.rater == name
    assert third.scored
    assert third.to_frame().equals(again.to_frame())
    assert third.to_frame().taken_back.tolist() == [False, False, False, True]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rater": "Bo"}, "its rater is 'Ada', not 'Bo'"),
        ({"question": "better"}, "its question is 'real', not 'better'"),
        ({"random_state": 4}, "its seed is '3 Ada', not '4 Ada'"),
        ({"n_trials": 6}, "its n_trials is 5, not 6"),
        ({"n_calibration": 1}, "its n_calibration is 2, not 1"),
    ],
)
def test_a_file_of_another_study_is_refused_and_left_as_it_is(tmp_path, options, message):
    path = tmp_path / "study.json"
    kept(path).answer(1)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=message):
        kept(path, **options)
    assert path.read_bytes() == before


def test_a_file_about_other_pictures_is_refused(tmp_path):
    path = tmp_path / "study.json"
    kept(path).answer(1)
    other = pictures(30)
    other[29] += 1
    with pytest.raises(ValueError, match="is of another study: its data is"):
        Study(other, pictures(30, offset=1000), n_calibration=2, n_trials=5, random_state=3, rater="Ada", path=path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda study, answers: answers.pop(0),
        lambda study, answers: answers[1].update(real_row=29),
        lambda study, answers: answers.extend(answers * 5),
        lambda study, answers: study.update(marked=4),
        *(lambda study, answers, x=x: study.update(marked=x) for x in (2.0, 4.0, True, "2", None, [2], -1, 1e99)),
        lambda study, answers: study.pop("marked"),
    ],
)
def test_a_file_whose_answers_are_not_to_these_pairs_is_refused(tmp_path, damage):
    path = tmp_path / "study.json"
    one = kept(path)
    answer_rightly(one, 3)
    document = json.loads(path.read_text())
    damage(document["study"], document["answers"])
    path.write_text(json.dumps(document))
    with pytest.raises(ValueError, match="is damaged: its answers are not to the pairs of this study"):
        kept(path)


@pytest.mark.parametrize("begun", [0, 3])
def test_of_two_studies_in_one_file_no_answer_is_lost(begun, tmp_path):
    path = tmp_path / "study.json"
    if begun:
        answer_rightly(kept(path), begun)
    one, other = kept(path), kept(path)
    for count in range(begun + 1, 6):
        one.answer(-1)
        before = path.read_bytes()
        for act in (lambda: other.answer(1), lambda: other.take(coin.RademacherCoin(0)), other.score, other.undo):
            with pytest.raises((FileExistsError, ValueError), match=r"path is the file of another|there is no answer"):
                act()
        assert path.read_bytes() == before
        assert len(other.answers) == begun
        assert kept(path).answers == one.answers
        assert len(one.answers) == count
    third = kept(path)  # it goes on from them, and then the first one may not
    third.answer(1)
    with pytest.raises(FileExistsError, match="path is the file of another study too"):
        one.answer(1)
    assert kept(path).answers == third.answers
    path.unlink()  # who takes the file away loses nothing that a study still knows
    third.answer(-1)
    assert kept(path).answers == third.answers


def test_a_write_that_failed_is_no_other_study(tmp_path, monkeypatch):
    path = tmp_path / "study.json"
    one = kept(path)
    one.answer(1)
    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", lambda *paths: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(OSError, match="No space"):
            one.answer(1)
    one.answer(-1)
    assert kept(path).answers == one.answers == [1, 1, -1]


def test_a_crash_while_writing_leaves_the_answers_before(tmp_path, monkeypatch):
    path = tmp_path / "study.json"
    one = kept(path)
    one.answer(1)
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("the disk is gone")))
        with pytest.raises(OSError, match="the disk is gone"):
            one.answer(1)
    assert kept(path).answers == [1]
    assert [file.name for file in tmp_path.iterdir()] == ["study.json"]
