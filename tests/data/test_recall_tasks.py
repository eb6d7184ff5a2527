"""Sequences in which something comes back: what comes back was there, and where it is said to be."""

import numpy as np
import pytest

import memgen_lite as mg
from memgen_lite.data.recall_tasks import TASKS

LABELS = np.repeat(np.arange(10), 4)
IMAGES = np.random.default_rng(0).random((40, 3, 2))
FLAT = IMAGES.reshape(40, 6).astype(np.float32)


def made(task, n=60, seed=0):
    return mg.data.sequences(task, IMAGES, LABELS, n, random_state=seed)


def numbers(found):
    """Which of the images each frame is: int (n, T)."""
    return np.abs(found.frames[:, :, None] - FLAT).sum(3).argmin(2)


@pytest.mark.parametrize("task", TASKS)
def test_shapes_fit_together_and_every_frame_is_one_of_the_images(task):
    found = made(task)
    n, steps, _ = found.frames.shape
    assert len(found) == n == 60 and found.frames.dtype == found.given.dtype == np.float32
    assert found.places.shape == found.again.shape == found.target.shape == (n, steps)
    assert found.known.shape == (n, steps, found.candidates.shape[1])
    assert found.given.shape[:2] == (n, steps) and found.again.any() and not found.again[:, 0].any()
    np.testing.assert_array_equal(found.frames, FLAT[numbers(found)])


@pytest.mark.parametrize("task", sorted(set(TASKS) - {"parity"}))
def test_a_frame_that_comes_back_was_seen_under_its_place_and_is_its_own_candidate(task):
    found = made(task)
    for i, step in np.argwhere(found.again):
        before = np.flatnonzero(found.places[i, :step] == found.places[i, step])
        np.testing.assert_array_equal(found.frames[i, before[-1]], found.frames[i, step])
        np.testing.assert_array_equal(found.candidates[i, found.target[i, step]], found.frames[i, step])
        assert found.known[i, step, found.target[i, step]]


@pytest.mark.parametrize("task", sorted(set(TASKS) - {"parity"}))
def test_whoever_draws_the_frames_themselves_identifies_them_all(task):
    found = made(task)
    assert found.identified(found.frames) == 1


@pytest.mark.parametrize("task", TASKS)
def test_whoever_draws_at_random_identifies_as_many_as_chance_says(task):
    """Nearest to one of the candidates that are known, drawn at random: within 5 standard errors."""
    found, rng = made(task, n=400), np.random.default_rng(1)
    weights = found.known * rng.random(found.known.shape)
    drawn = np.take_along_axis(found.candidates, weights.argmax(2)[..., None], 1)
    share, times = found.identified(np.where(found.again[..., None], drawn, 0)), found.again.sum()
    assert share == pytest.approx(found.chance, abs=5 * np.sqrt(found.chance / times) + 0.002)


def test_recall_is_ten_pictures_and_the_first_five_again():
    chosen = numbers(made("recall"))
    assert all(len(set(line[:10])) == 10 for line in chosen)
    np.testing.assert_array_equal(chosen[:, 10:], chosen[:, :5])


@pytest.mark.parametrize(("task", "least", "most"), [("varied", 6, 10), ("alternation", 5, 15)])
def test_a_film_begins_again_after_a_period_that_its_first_repetition_gives_away(task, least, most):
    found = made(task, n=300)
    chosen, periods = numbers(found), set()
    for line, again in zip(chosen, found.again, strict=True):
        period = int(np.flatnonzero(line[1:] == line[0])[0]) + 1
        assert (line[period:] == line[:-period]).all() and len(set(line[:period])) == period
        np.testing.assert_array_equal(again, np.arange(len(line)) > period)
        periods.add(period)
    assert periods == set(range(least, most + 1))


def test_parity_shows_a_one_where_the_digit_is_odd_and_a_zero_where_it_is_even():
    found = made("parity")
    digits = LABELS[numbers(found)]
    np.testing.assert_array_equal(digits[:, 10:], digits[:, :5] % 2)
    np.testing.assert_array_equal(found.target[:, 10:], digits[:, :5] % 2)
    for i in (0, 1):
        np.testing.assert_allclose(found.candidates[0, i], FLAT[np.isin(LABELS, i)].mean(0), rtol=1e-6)


def test_index_shows_a_digit_and_then_the_picture_at_that_place():
    chosen = numbers(made("index"))
    for step in range(10, 20, 2):
        asked = LABELS[chosen[:, step]]
        np.testing.assert_array_equal(chosen[:, step + 1], np.take_along_axis(chosen, asked[:, None], 1)[:, 0])


def test_a_cue_is_another_or_the_same_picture_of_a_class_and_what_followed_that_class_follows():
    chosen = numbers(made("cue"))
    classes = LABELS[chosen]
    for line, shown in zip(classes, chosen, strict=True):
        assert len(set(line[:8])) == 8
        place = int(np.flatnonzero(line[:8] == line[8])[0])
        np.testing.assert_array_equal(shown[9:], shown[place + 1 : place + 4])


@pytest.mark.parametrize("task", ["navigation", "located"])
def test_the_steps_that_are_given_lead_from_place_to_place_and_walls_hold(task):
    found = made(task)
    moves = np.array([[0, 1], [0, -1], [1, 0], [-1, 0]])
    at = np.stack(np.divmod(found.places, 5), axis=2)
    assert not found.given[:, 0, :4].any()
    steps = moves[found.given[:, 1:, :4].argmax(2)]
    np.testing.assert_array_equal(at[:, 1:], np.clip(at[:, :-1] + steps, 0, 4))
    told = found.given[:, :, 4:].reshape(60, 30, 2, 5)
    shown = np.stack([told[..., 0, :].argmax(2), told[..., 1, :].argmax(2)], axis=2)
    rows = slice(None) if task == "located" else slice(1)
    np.testing.assert_array_equal(shown[:, rows], at[:, rows])
    assert task == "located" or not told[:, 1:].any()


def test_some_sequences_are_chosen_as_rows_are():
    found = made("recall")[10:13]
    np.testing.assert_array_equal(found.frames, made("recall").frames[10:13])
    assert len(found) == len(found.known) == 3 and found.chance == pytest.approx(0.1)


def test_one_seed_makes_the_same_sequences_and_another_one_others():
    np.testing.assert_array_equal(made("cue").frames, made("cue").frames)
    assert (made("cue").frames != made("cue", seed=1).frames).any()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"task": "chess"}, "task must be one of recall, varied, parity, index, cue, navigation, located, alternation"),
        ({"images": 2 * IMAGES}, "images must"),
        ({"images": IMAGES[:24]}, "images must hold 25 pictures at least, got 24"),
        ({"n": 0}, "n must be 1 or more, got 0"),
        ({"task": "parity", "labels": None}, 'labels must say which digit each image shows, for task="parity"'),
        ({"task": "parity", "labels": LABELS[:9]}, "labels must be 40 digits, each of 0 to 9 among them"),
        ({"task": "index", "labels": LABELS - 1}, "labels must be"),
        ({"task": "index", "labels": LABELS.astype(float)}, "labels must"),
        ({"task": "index", "labels": LABELS % 5}, "labels must be 40 digits, each of 0 to 9 among them"),
    ],
)
def test_bad_input_is_told_by_name(given, message):
    with pytest.raises((ValueError, TypeError), match=message):
        mg.data.sequences(**{"task": "recall", "images": IMAGES, "labels": LABELS, **given})


def test_drawings_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"drawn must have the shape of the frames, \(60, 15, 6\), got \(2, 15, 6\)"):
        made("recall").identified(np.zeros((2, 15, 6)))


def test_of_pictures_that_are_equal_either_will_do():
    found = mg.data.sequences("recall", np.repeat(np.eye(5), 8, axis=0), n=30, random_state=0)
    assert found.identified(found.frames) == 1


def test_a_single_number_chooses_no_sequences_and_none_have_nothing_that_comes_back():
    with pytest.raises(TypeError, match="rows must be a slice"):
        made("recall")[0]
    with pytest.raises(ValueError, match="there must be a frame that comes back"):
        made("recall")[:0].identified(np.zeros((0, 15, 6)))
