"""The neural model of characters, the same beside its memory, and the exposure of secrets."""

import sys
from itertools import product

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import memgen_lite as mg
from memgen_lite.peers import training

pytestmark = pytest.mark.training

SMALL = {"rounds": 50, "batch_size": 32, "context": 4, "embedding": 3, "width": 12, "state": 6, "random_state": 0}
TEXTS = ["abcabc", "bca", "cabcab", "", "abc"]


def network(**more):
    return mg.peers.peer("character_network", **SMALL | more)


def beside(**more):
    return mg.peers.peer("knn_lm", **SMALL | more)


@pytest.fixture(autouse=True, scope="module")
def quick_compiler():
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.fixture(scope="module")
def known():
    return network().fit(TEXTS)


@pytest.fixture(scope="module")
def memory(known):
    return beside(k=5, weight=0.4, temperature=2.0).fit(TEXTS, network=known)


def windows(model, texts):
    """The numbers of what stands before each symbol, and its own, by hand."""
    number = {one: i for i, one in enumerate(model.alphabet_, 1)}
    marked = [[0] * model.context + [number.get(one, len(number) + 1) for one in text] + [0] for text in texts]
    return [(row[i - model.context : i], row[i]) for row in marked for i in range(model.context, len(row))]


def states(model, before):
    """What a network says before its last layer, in double precision."""
    net = model.networks_["model"]
    x = np.asarray(net.embedding, float)[np.array(before)].reshape(len(before), -1)
    for weight, bias in net.perceptron.layers:
        x = np.maximum(x @ np.asarray(weight, float).T + np.asarray(bias, float), 0)
    return x


def laws(model, before):
    ((weight, bias),) = model.networks_["model"].output.layers
    return np.exp(log_softmax(states(model, before) @ np.asarray(weight, float).T + np.asarray(bias, float), axis=1))


def test_texts_are_scored_by_the_softmax_of_each_symbol(known):
    asked = ["cab", "bzca", ""]
    pairs = windows(known, asked)
    law = laws(known, [before for before, _ in pairs])
    unseen = sys.maxunicode + 1 - len(known.alphabet_)
    shares = [row[own] / (unseen if own == 4 else 1) for row, (_, own) in zip(law, pairs, strict=True)]
    parts = np.split(np.log(shares), np.cumsum([len(text) + 1 for text in asked])[:-1])
    np.testing.assert_allclose(known.score_samples(asked), [part.sum() for part in parts], rtol=1e-4)
    assert known.score(asked) == pytest.approx(known.score_samples(asked).mean())
    assert known.bits_per_character(asked) == pytest.approx(-np.log2(shares).mean(), rel=1e-4)


@pytest.mark.parametrize("which", ["known", "memory"])
def test_what_comes_next_adds_up_along_a_text(which, request):
    model, text = request.getfixturevalue(which), "abcab"
    logs = model.next_log_probabilities([text[:i] for i in range(len(text) + 1)])
    own = [1 + model.alphabet_.index(one) for one in text] + [0]
    assert logs[np.arange(len(own)), own].sum() == pytest.approx(model.score_samples([text])[0], rel=1e-5)
    assert (np.exp(logs).sum(axis=1) < 1 + 1e-6).all()


def test_a_text_that_repeats_is_learned_by_heart():
    model = network(rounds=400, learning_rate=0.02).fit(["abcdabcdabcd"] * 3)
    assert model.complete(["a", "abcd", ""], 6) == ["abcdabc", "abcdabcdab", "abcdab"]
    # It sees four characters, after which the text goes on twice and ends once.
    assert model.bits_per_character(["abcdabcdabcd"]) == pytest.approx((2 * np.log2(3 / 2) + np.log2(3)) / 13, abs=0.01)


def test_a_coin_is_learned_with_its_entropy():
    """Texts of 40 fair coins: a bit a character, and the end; within the excess that 5,000 characters leave."""
    coins = np.random.default_rng(0).integers(2, size=(260, 40))
    texts = ["".join("ab"[coin] for coin in row) for row in coins]
    model = network(rounds=300, context=2, learning_rate=0.01).fit(texts[:130])
    # The end comes with probability 1/41 after each character, as far as two characters tell.
    best = (40 * (1 - np.log2(40 / 41)) + np.log2(41)) / 41
    assert model.bits_per_character(texts[130:]) == pytest.approx(best, abs=0.03)


@pytest.mark.parametrize("which", ["known", "memory"])
def test_samples_have_the_probabilities_of_the_law(which, request):
    """Two thousand draws, chi-squared below its 99.9 % point for three degrees of freedom."""
    model = request.getfixturevalue(which)
    law = np.exp(model.next_log_probabilities(["ab"])[0])
    law /= law.sum()  # what is in no text can't be written
    drawn = [text[2:] for text in model.sample(2000, prefix="ab", max_length=3, random_state=0)]
    counts = np.array([drawn.count(one) for one in ("", *model.alphabet_)])
    assert ((counts - 2000 * law) ** 2 / (2000 * law)).sum() < 16.3


@pytest.mark.parametrize("make", [network, beside])
def test_samples_follow_a_stream_and_a_refit_repeats_them(make, tmp_path):
    model = make().fit(TEXTS)
    again = clone(model).fit(TEXTS)
    first, second = (model.sample(5, max_length=20) for _ in range(2))
    assert again.sample(5, max_length=20) == first and again.sample(5, max_length=20) == second
    assert model.sample(0) == [] and {*model.sample(2, prefix="abcd", max_length=3)} == {"abcd"}
    assert max(map(len, model.sample(9, max_length=7))) <= 7
    model.save(tmp_path / "m")
    loaded = mg.peers.load(tmp_path / "m")
    assert loaded.sample(5, max_length=20) == model.sample(5, max_length=20)
    assert loaded.get_params() == model.get_params()
    np.testing.assert_array_equal(loaded.score_samples(TEXTS), model.score_samples(TEXTS))


def test_a_memory_recalls_what_came_after_the_nearest_states(known, memory):
    """By all distances in double precision; k nearest, of equally near ones the first."""
    stored, asked = windows(known, TEXTS), windows(known, ["cabz", "bb"])
    keys, at = (states(known, [before for before, _ in pairs]) for pairs in (stored, asked))
    square = ((at[:, None] - keys) ** 2).sum(axis=2)
    expected = []
    for row, (_, own) in zip(square, asked, strict=True):
        near = np.argsort(np.round(row, 4), kind="stable")[:5]
        shares = np.exp(-row[near] / 2)
        expected.append(sum(share for share, i in zip(shares, near, strict=True) if stored[i][1] == own) / shares.sum())
    found = memory.parts(["cabz", "bb"])
    np.testing.assert_allclose(found["memory"], expected, atol=1e-4)
    law = laws(known, [before for before, _ in asked])
    unseen = sys.maxunicode + 1 - 3
    shares = [row[own] / (unseen if own == 4 else 1) for row, (_, own) in zip(law, asked, strict=True)]
    np.testing.assert_allclose(found["network"], shares, rtol=1e-4)
    mixed = 0.4 * found["memory"] + 0.6 * found["network"]
    assert np.log(mixed).sum() == pytest.approx(memory.score_samples(["cabz", "bb"]).sum(), rel=1e-5)


def test_without_weight_it_is_its_network_and_with_all_a_lookup(known):
    alone = beside(weight=0.0).fit(TEXTS, network=known)
    np.testing.assert_allclose(alone.score_samples(TEXTS), known.score_samples(TEXTS), rtol=1e-6)
    lookup = beside(weight=1.0, k=1).fit(["abcc"], network=known)
    np.testing.assert_allclose(lookup.score_samples(["abcc"]), 0, atol=1e-9)
    assert lookup.complete(["ab"], 5) == ["abcc"]


def test_a_memory_that_trains_its_network_has_the_one_that_would_be_given(known, memory):
    trained = beside(k=5, weight=0.4, temperature=2.0).fit(TEXTS)
    np.testing.assert_array_equal(trained.keys_, memory.keys_)
    np.testing.assert_array_equal(trained.score_samples(TEXTS), memory.score_samples(TEXTS))


def test_an_interrupt_leaves_the_network_that_is_there(monkeypatch):
    play = training.play

    def stopped(*given, **more):
        rounds = play(*given, **more)
        yield next(rounds)
        yield next(rounds)
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "play", stopped)
    with pytest.warns(UserWarning, match="interrupted: the model is that of round 50 of 200"):
        model = network(rounds=200).fit(TEXTS)
    assert np.isfinite(model.score_samples(TEXTS)).all()


class Told:
    """A model that says what it is told to: the logs of two digits and the end, by how long the text is."""

    alphabet_ = "01"

    def __init__(self, laws):
        self.laws = laws

    def next_log_probabilities(self, texts):
        return np.log([self.laws[len(text)] for text in texts])


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=4))
@settings(max_examples=30)
def test_exposure_is_that_of_the_rank_among_all_secrets(counts):
    model = Told([(0.1, one / 10, two / 10) for one, two in counts])
    secrets = ["".join(digits) for digits in product("01", repeat=len(counts))]
    logs = [np.log([counts[i][int(digit)] / 10 for i, digit in enumerate(secret)]).sum() for secret in secrets]
    for secret, own in zip(secrets, logs, strict=True):
        above, alike = (sum(test) for test in zip(*((x > own + 1e-9, abs(x - own) < 1e-9) for x in logs), strict=True))
        lowest, highest = (np.log2(len(logs)) - np.log2(rank) for rank in (above + alike, above + 1))
        assert lowest - 1e-9 <= mg.peers.exposure(model, "", secret, "01") <= highest + 1e-9


def test_equally_likely_secrets_have_the_mean_of_their_ranks():
    model = Told([(0.0, 0.5, 0.5)] * 3)
    with np.errstate(divide="ignore"):
        assert mg.peers.exposure(model, "", "010", "01") == pytest.approx(3 - np.log2(4.5))


def test_a_memory_exposes_what_it_read_once_and_nothing_else():
    model = mg.peers.peer("infinity_gram").fit(["pin of A 371.", "pin of B 0245689."])
    assert mg.peers.exposure(model, "pin of A ", "371") == pytest.approx(np.log2(1000))
    assert mg.peers.exposure(model, "pin of A ", "372") < 1


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda known: network().fit("ab"), TypeError, "X must be a list of strings, got str"),
        (lambda known: network(context=0).fit(TEXTS), ValueError, "context must be 1 or more, got 0"),
        (lambda known: network(depth=-1).fit(TEXTS), ValueError, "depth must be 0 or more"),
        (lambda known: network(learning_rate=0).fit(TEXTS), ValueError, "learning_rate must be .*above 0"),
        (lambda known: network().sample(), NotFittedError, "not fitted"),
        (lambda known: known.sample(1, prefix=3), TypeError, "prefix must be a str, got 3"),
        (lambda known: known.sample(-1), ValueError, "n must be 0 or more"),
        (lambda known: known.complete(["a"], -1), ValueError, "n must be 0 or more"),
        (lambda known: known.score_samples([]), ValueError, "X must hold one text or more"),
        (lambda known: beside(k=0).fit(TEXTS), ValueError, "k must be 1 or more"),
        (lambda known: beside(weight=1.5).fit(TEXTS), ValueError, "weight must be .*from 0 to 1.*got 1.5"),
        (lambda known: beside(temperature=0).fit(TEXTS), ValueError, "temperature must be .*above 0"),
        (lambda known: beside().fit(TEXTS, network="x"), TypeError, "network must be a fitted CharacterNetwork"),
        (lambda known: beside().fit(TEXTS, network=network()), NotFittedError, "not fitted"),
        (lambda known: beside(state=7).fit(TEXTS, network=known), ValueError, "network must have state=7.*got 6"),
        (
            lambda known: mg.peers.exposure(known, "a", "b", "bc") and mg.peers.exposure("x", "a", "b"),
            TypeError,
            "model",
        ),
        (lambda known: mg.peers.exposure(known, 3, "b", "bc"), TypeError, "prefix must be a str, got 3"),
        (lambda known: mg.peers.exposure(known, "a", "1"), ValueError, "characters must be .*alphabet"),
        (lambda known: mg.peers.exposure(known, "a", "bb", "bb"), ValueError, "characters must be .*got 'bb'"),
        (lambda known: mg.peers.exposure(known, "a", "", "bc"), ValueError, "secret must be of the characters 'bc'"),
        (lambda known: mg.peers.exposure(known, "a", "b" * 30, "bc"), ValueError, "secret must be .*1,000,000"),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message, known):
    with pytest.raises(error, match=message):
        call(known)


def test_their_cards_say_who_made_them():
    assert "1911.00172" in beside().card.citation and "Bengio" in network().card.citation
    assert not {"character_network", "knn_lm"} & set(mg.peers.all_peers())
