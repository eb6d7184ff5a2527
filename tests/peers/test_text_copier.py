"""The network that learns to copy: what its parts promise, and that it learns, stops, breaks and repeats as it says."""

import copy
from collections import Counter

import jax
import numpy as np
import pytest
from interrupting import interrupt_at
from scipy import stats
from scipy.special import log_softmax
from sklearn.exceptions import NotFittedError

import memgen_lite as mg
from memgen_lite import copier
from memgen_lite.peers import training
from memgen_lite.peers.text_copier import END, BiLSTMAttentionCNN, Copying, random_texts

pytestmark = pytest.mark.training

SMALL = {"hidden": 16, "steps": 300, "batch_size": 32, "learning_rate": 0.02, "checkpoint_every": 50}


@pytest.fixture(scope="module")
def texts():
    return random_texts(2000, "abcd", (1, 4), random_state=0), random_texts(200, "abcd", (1, 4), random_state=1)


@pytest.fixture(scope="module")
def model(texts):
    return BiLSTMAttentionCNN(**SMALL, random_state=0).fit(*texts)


def ids(model, text, length=12):
    return np.pad(model._encode([text])[0], (0, length))[:length]


def logits(model, ids, given):
    """What the network says at each place, with `given` written so far."""
    return np.asarray(copier._write(model.network_, ids, np.append(END, given[:-1]).astype(np.int32))[0], dtype=float)


def test_it_starts_ignorant_and_learns_to_copy(model, texts):
    assert model.history_["step"] == [0, 50, 100, 150, 200, 250, 300]
    assert model.history_["exact_match"][0] < 0.05
    assert model.history_["exact_match"][-1] > 0.95
    assert model.history_["loss"][0] is None
    assert model.history_["loss"][-1] < 0.2 < model.history_["loss"][1]
    assert model.exact_match(texts[1]) == model.history_["exact_match"][-1]


def test_what_is_copied_is_judged_against_the_text_itself(model, texts):
    copies = model.predict(texts[1])
    right = np.mean([copy == text for copy, text in zip(copies, texts[1], strict=True)])
    assert right == pytest.approx(model.exact_match(texts[1]))
    assert set("".join(copies)) <= set(model.alphabet_)
    assert model.predict([]) == []


def test_steps_to_is_the_first_checkpoint_that_reaches_a_share(model):
    history = model.history_
    for share in (0.0, 0.5, 0.9):
        step = model.steps_to(share)
        reached = [match >= share for match in history["exact_match"]]
        assert step == history["step"][reached.index(True)]
    assert model.steps_to(1.01) is None


def test_more_strings_than_a_batch_are_copied_as_one_by_one(model):
    many = random_texts(copier.BATCH + 3, "abcd", (1, 4), random_state=2)
    assert model.predict(many)[-5:] == model.predict(many[-5:])


def test_padding_changes_nothing(model):
    """Neither reader may see past the end of a string: the logits with 1 and with 8 places of filling agree."""
    short, long = ids(model, "abdc", 5), ids(model, "abdc")
    assert logits(model, long, long)[:5] == pytest.approx(logits(model, short, short), abs=1e-5)


def test_the_writer_reads_what_it_wrote_itself(model):
    """Autoregressive: given what it wrote as the characters before, the likeliest characters are what it wrote."""
    for text in ("abcd", "dd", "abcabc", "cadbadcb"):
        read = ids(model, text)
        written = np.asarray(copier._copy(model.network_, np.tile(read, (2, 1))))[0]
        assert np.array_equal(np.argmax(logits(model, read, written), axis=1), written)


def test_both_readers_and_the_convolution_matter(model):
    """What is read at the first and last place depends on the characters at the other end."""
    encode = jax.jit(lambda ids: model.network_.encode(ids))
    states = {text: np.asarray(encode(ids(model, text))[0]) for text in ("abcd", "abca", "bbcd")}
    half = model.hidden // 2
    assert not np.allclose(states["abcd"][0, half:], states["abca"][0, half:])
    assert not np.allclose(states["abcd"][3, :half], states["bbcd"][3, :half])
    assert np.allclose(states["abcd"][0, :half], states["abca"][0, :half], atol=1e-6)  # two places see no farther


def test_the_loss_is_the_cross_entropy_of_each_character_and_the_end(model):
    batch = np.stack([ids(model, "abc"), ids(model, "d")])
    nats = []
    for row, length in zip(batch, (3, 1), strict=True):
        log_share = log_softmax(logits(model, row, row), axis=1)
        nats += [-log_share[place, row[place]] for place in range(length + 1)]
    objective = Copying(2, 0.1, 1, np.zeros(1))
    loss = objective.loss("model", {"model": model.network_}, batch, None)
    assert float(loss) == pytest.approx(np.mean(nats), rel=1e-4)


def test_attention_is_a_distribution_over_the_text_and_close_to_a_diagonal(model):
    weights = model.attention("abcd")
    assert weights.shape == (5, 4)
    assert weights.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    assert np.all(weights >= 0)


def test_a_character_never_seen_goes_in_but_cannot_come_out(model):
    assert "é" not in model.predict(["aéb"])[0]
    assert model.exact_match(["é", "aéb"]) == 0
    assert mg.text.IdentityModel()("aéb") == "aéb"


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(texts):
    def fitted(seed):
        return BiLSTMAttentionCNN(**{**SMALL, "steps": 50}, random_state=seed).fit(*texts)

    first, again, other = fitted(3), fitted(3), fitted(4)
    assert first.history_ == again.history_
    assert first.history_["loss"] != other.history_["loss"]


def test_an_interrupt_leaves_the_last_checkpoint(texts, monkeypatch):
    play, calls = training._play, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return play(*arguments)

    monkeypatch.setattr(training, "_play", interrupted)
    with pytest.warns(UserWarning, match="interrupted: the model is that of step 100"):
        model = BiLSTMAttentionCNN(**SMALL, random_state=0).fit(*texts)
    assert model.history_["step"] == [0, 50, 100]
    assert model.exact_match(texts[1]) == model.history_["exact_match"][-1]


def test_an_interrupted_look_at_the_held_out_strings_leaves_the_checkpoint_before_it(texts, monkeypatch):
    written, looks = copier._copy, []

    def interrupted(*arguments):
        looks.append(1)
        if len(looks) == 3:
            raise KeyboardInterrupt
        return written(*arguments)

    monkeypatch.setattr(copier, "_copy", interrupted)
    with pytest.warns(UserWarning, match="interrupted: the model is that of step 50"):
        model = BiLSTMAttentionCNN(**SMALL, random_state=0).fit(*texts)
    assert model.history_["step"] == [0, 50]
    assert model.exact_match(texts[1]) == model.history_["exact_match"][-1]


def test_a_fit_that_is_interrupted_before_its_first_checkpoint_leaves_what_was_there(texts, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    stream = np.random.default_rng(0)
    old = BiLSTMAttentionCNN(**{**SMALL, "steps": 50}, random_state=stream).fit(*texts)
    new = BiLSTMAttentionCNN(**SMALL)
    copies, place = old.predict(["abc"]), stream.bit_generator.state
    monkeypatch.setattr(copier, "play", interrupted)
    for model in (old, new):
        with pytest.raises(KeyboardInterrupt):
            model.fit(["xyz", "zz"], ["x"])
    assert old.alphabet_ == "abcd" and old.predict(["abc"]) == copies and stream.bit_generator.state == place
    with pytest.raises(NotFittedError):
        new.predict(["x"])


@pytest.mark.filterwarnings("ignore:interrupted")
def test_an_interrupt_at_any_line_leaves_the_old_model_a_checkpoint_or_the_new_one():
    old = BiLSTMAttentionCNN(hidden=2, steps=2, checkpoint_every=1, batch_size=2, random_state=0).fit(["ab"], ["b"])
    new = copy.copy(old).fit(["xy"], ["y"])

    def told(model):
        assert model.alphabet_ in ("ab", "xy") and all(
            set(text) <= set(model.alphabet_) for text in model.predict(["a"])
        )
        return model.alphabet_, *(tuple(column) for column in model.history_.values())

    ends = [told(old), *(("xy", *(column[:n] for column in told(new)[1:])) for n in (1, 2, 3))]
    found, model, step = Counter(), copy.copy(old), 1
    while interrupt_at(step, lambda: model.fit(["xy"], ["y"])):  # noqa: B023
        found[ends.index(told(model))] += 1
        model, step = copy.copy(old), step + 1
    assert told(model) == ends[-1] and min(found[end] for end in range(4)) >= 1


def test_a_diverging_training_says_so_and_keeps_a_model(texts):
    model = BiLSTMAttentionCNN(**{**SMALL, "learning_rate": 1e38}, random_state=0)
    with pytest.raises(FloatingPointError, match="between steps 0 and 50: try a smaller learning_rate than 1e\\+38"):
        model.fit(*texts)
    assert model.history_["step"] == [0]
    assert len(model.predict(["ab"])) == 1


def test_random_texts_have_the_lengths_and_characters_asked_for():
    """Chi-square test of 5,000 lengths at level 0.001, with a fixed seed."""
    drawn = random_texts(5000, "xyz", (2, 6), random_state=0)
    assert set("".join(drawn)) == set("xyz")
    counts = np.bincount([len(text) for text in drawn], minlength=7)
    assert counts[:2].sum() == 0
    assert stats.chisquare(counts[2:]).pvalue > 0.001
    assert random_texts(2, "a", (0, 0)) == ["", ""]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: BiLSTMAttentionCNN(hidden=7).fit(["a"], ["a"]),
            ValueError,
            "hidden must be even and width odd, got 7 and 3",
        ),
        (lambda: BiLSTMAttentionCNN(width=2).fit(["a"], ["a"]), ValueError, "hidden must be even and width odd"),
        (lambda: BiLSTMAttentionCNN(steps=0).fit(["a"], ["a"]), ValueError, "steps must be 1 or more, got 0"),
        (lambda: BiLSTMAttentionCNN(learning_rate=0).fit(["a"], ["a"]), ValueError, "learning_rate must be above 0"),
        (lambda: BiLSTMAttentionCNN().fit("ab", ["a"]), TypeError, "X must be a list of strings, got str"),
        (lambda: BiLSTMAttentionCNN().fit(["ab"], []), ValueError, "held_out must hold one text or more"),
        (lambda: BiLSTMAttentionCNN().predict(["a"]), ValueError, "not fitted"),
        (lambda: BiLSTMAttentionCNN().attention("a"), ValueError, "not fitted"),
        (lambda: BiLSTMAttentionCNN().steps_to(0.5), ValueError, "not fitted"),
        (lambda: random_texts(1, ""), ValueError, "alphabet must be a str of one character or more"),
        (lambda: random_texts(1, "a", (3, 2)), ValueError, "lengths must be \\(low, high\\), in order"),
    ],
)
def test_errors_name_what_was_given_and_what_is_expected(call, error, message):
    with pytest.raises(error, match=message):
        call()
