"""The couplet network: its layers beside NumPy, what it learns by heart, and what it refuses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import memgen_lite as mg
from memgen_lite.peers import couplet_network, training

pytestmark = pytest.mark.training

SMALL = {"rounds": 50, "batch_size": 8, "width": 8, "depth": 2, "random_state": 0}
LINES, ANSWERS = ["cab", "b", "abca", "cc", "bac"], ["xyz", "z", "zyxx", "xz", "yxz"]


def network(**more):
    return mg.peers.peer("couplet_network", **SMALL | more)


@pytest.fixture(autouse=True, scope="module")
def quick_compiler():
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.fixture(scope="module")
def known():
    return network().fit(LINES, ANSWERS)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gated(layer, x):
    """One line (places, width) through a layer, place by place, in double precision."""
    weight, bias, width = np.asarray(layer.weight, float), np.asarray(layer.bias, float), x.shape[1]
    beside, out = np.vstack([np.zeros(width), x, np.zeros(width)]), []
    for t in range(len(x)):
        both = np.concatenate([beside[t], beside[t + 1], beside[t + 2]]) @ weight + bias
        gate, new = both[:width], both[width:]
        out.append(x[t] * sigmoid(gate) + new * sigmoid(-gate))
    return np.array(out)


def logits(model, line):
    """What a network says of a line, by hand."""
    net = model.networks_["model"]
    places = [model.alphabet_.find(one) for one in line]
    table = np.asarray(net.embedding, float)
    x = np.array([table[i] if i >= 0 else np.zeros(table.shape[1]) for i in places])
    for layer in net.layers:
        x = gated(layer, x)
    ((weight, bias),) = net.output.layers
    return x @ np.asarray(weight, float).T + np.asarray(bias, float)


def test_a_gated_convolution_keeps_or_changes_what_its_gate_says():
    layer = couplet_network.Gated(5, jax.random.key(3))
    x = np.random.default_rng(0).normal(size=(4, 7, 5))
    expected = [gated(layer, line) for line in x]
    np.testing.assert_allclose(layer(jnp.asarray(x, jnp.float32)), expected, rtol=1e-4, atol=1e-5)


def test_a_line_is_answered_by_the_likeliest_character_of_each_place(known):
    asked = ["abcab", "c", "aqa", "bacbacbacbac"]
    expected = ["".join(known.alphabet_[i] for i in logits(known, line).argmax(axis=1)) for line in asked]
    assert known.predict(asked) == expected


@given(st.lists(st.text("abcxyz?", max_size=20), min_size=1, max_size=6))
@settings(max_examples=25, deadline=None)
def test_neither_padding_nor_company_changes_an_answer(known, lines):
    assert known.predict(lines) == [known.predict([line])[0] for line in lines]


def test_padding_changes_no_logit(known):
    net, ids = known.networks_["model"], jnp.asarray(known._ids(["cabb"], 1, 4))
    longer = net(jnp.pad(ids, ((0, 2), (0, 9))))
    np.testing.assert_allclose(longer[:1, :4], net(ids), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(net(ids)[0], logits(known, "cabb"), rtol=1e-4, atol=1e-4)


def test_the_loss_is_the_mean_over_the_characters_and_counts_no_padding():
    model = network(dropout=0.0).fit(LINES, ANSWERS)
    rows = {"line": jnp.asarray(model._ids(LINES, 5, 6)), "answer": jnp.asarray(model._ids(ANSWERS, 5, 6))}
    found = model._objective().loss("model", model.networks_, rows, jax.random.key(0))
    costs = []
    for line, answer in zip(LINES, ANSWERS, strict=True):
        said = logits(model, line)
        logs = said - np.log(np.exp(said).sum(axis=1, keepdims=True))
        costs += [-row[model.alphabet_.index(one)] for row, one in zip(logs, answer, strict=True)]
    assert float(found) == pytest.approx(np.mean(costs), rel=1e-3)


def test_dropout_hides_its_share_and_keeps_the_mean():
    """A thousand lines of one character: the share of numbers hidden within four standard errors."""
    kept = []

    def net(ids, factors):
        kept.append(factors)
        return jnp.zeros((*ids.shape, 2))

    objective = couplet_network.Answering(width=10, n_symbols=2)
    rows = {"line": jnp.ones((1000, 1), int), "answer": jnp.ones((1000, 1), int)}
    objective.loss("model", {"model": net}, rows, jax.random.key(0))
    factors = np.asarray(kept[0])
    np.testing.assert_allclose(np.unique(factors), [0, 4 / 3], rtol=1e-6)
    assert (factors == 0).mean() == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / factors.size))


def test_couplets_without_a_rule_are_learned_by_heart():
    """Answers by chance; what was held out is then answered by chance as well, 1 of 20 characters."""
    rng = np.random.default_rng(0)
    lines, answers = (["".join(rng.choice(list("abcdefghijklmnopqrst"), 4)) for _ in range(60)] for _ in "ab")
    out = np.arange(60) >= 30
    model = network(rounds=400, width=24, learning_rate=0.01).fit(lines, answers, held_out=out)
    assert model.score(lines[:30], answers[:30]) > 0.98 and model.history_["train"][-1] > 0.98
    assert model.history_["held_out"][-1] == model.score(lines[30:], answers[30:]) < 0.2
    assert model.history_["round"] == list(range(50, 401, 50))


def test_a_rule_is_learned_as_a_rule():
    """Each character has its answer, so that new lines are answered right."""
    rng, table = np.random.default_rng(1), str.maketrans("abcdef", "uvwxyz")
    lines = ["".join(rng.choice(list("abcdef"), 5)) for _ in range(80)]
    answers = [line.translate(table) for line in lines]
    model = network(rounds=300, width=16, learning_rate=0.01).fit(lines[:50], answers[:50])
    assert model.score(lines[50:], answers[50:]) > 0.97


def test_what_is_held_out_is_not_learned(known):
    more = network().fit([*LINES, "qqq"], [*ANSWERS, "www"], held_out=[False] * 5 + [True])
    assert more.alphabet_ == known.alphabet_ == "abcxyz"
    np.testing.assert_array_equal(more.leaves()[0], known.leaves()[0])
    assert set(more.history_) == {"round", "model", "train", "held_out"}
    assert set(known.history_) == {"round", "model", "train"}


def test_the_score_is_the_share_of_characters(known):
    said = known.predict(["cab", "b"])
    wrong = ["".join("?" if i == 0 else one for i, one in enumerate(said[0])), said[1]]
    assert known.score(["cab", "b"], said) == 1 and known.score(["cab", "b"], wrong) == 0.75


def test_a_refit_is_the_same_and_a_file_gives_it_back(known, tmp_path):
    again = clone(known).fit(LINES, ANSWERS)
    assert again.history_ == known.history_
    known.save(tmp_path / "m")
    loaded = mg.peers.load(tmp_path / "m")
    assert loaded.get_params() == known.get_params() and loaded.alphabet_ == known.alphabet_
    asked = ["abcabcabc", "", "c"]
    assert loaded.predict(asked) == known.predict(asked) == again.predict(asked)
    assert known.n_parameters_ == sum(leaf.size for leaf in loaded.leaves())


def test_a_fit_is_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("MEMGEN_CACHE", str(tmp_path))
    out = np.arange(5) == 4
    first = mg.peers.fitted(network(), LINES, ANSWERS, held_out=out)
    monkeypatch.setattr(training, "play", lambda *a, **k: pytest.fail("it was trained again"))
    second = mg.peers.fitted(network(), LINES, ANSWERS, held_out=out)
    assert second.history_ == first.history_ and second.predict(LINES) == first.predict(LINES)
    with pytest.raises(pytest.fail.Exception):
        mg.peers.fitted(network(), LINES, ANSWERS, held_out=~out)


def test_an_interrupt_leaves_the_network_that_is_there(monkeypatch):
    play = training.play

    def stopped(*given, **more):
        rounds = play(*given, **more)
        yield next(rounds)
        yield next(rounds)
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "play", stopped)
    with pytest.warns(UserWarning, match="interrupted: the model is that of round 50 of 200"):
        model = network(rounds=200).fit(LINES, ANSWERS)
    assert len(model.predict(["abc"])[0]) == 3 and len(model.history_["train"]) == 1


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda known: network().fit("ab", ["b"]), TypeError, "X must be a list of strings, got str"),
        (lambda known: network().fit(["ab"], None), TypeError, "y must be a list of strings, got NoneType"),
        (lambda known: network().fit([], []), ValueError, "X must hold one text or more"),
        (
            lambda known: network().fit(LINES, ANSWERS[:4]),
            ValueError,
            "y must hold an answer to each of 5 lines, got 4",
        ),
        (lambda known: network().fit(["ab", "c"], ["xy", "zz"]), ValueError, "same length, got 1 and 2 .*position 1"),
        (lambda known: network().fit([""], [""]), ValueError, "one character or more"),
        (lambda known: network().fit(LINES, ANSWERS, held_out=[True] * 5), ValueError, "held_out must be 5 flags"),
        (lambda known: network().fit(LINES, ANSWERS, held_out=[True]), ValueError, "held_out must be 5 flags"),
        (lambda known: network().fit(LINES, ANSWERS, held_out=[0, 1, 0, 0, 0]), TypeError, "held_out must be"),
        (lambda known: network(width=0).fit(LINES, ANSWERS), ValueError, "width must be 1 or more, got 0"),
        (lambda known: network(depth=-1).fit(LINES, ANSWERS), ValueError, "depth must be 0 or more"),
        (lambda known: network(dropout=1).fit(LINES, ANSWERS), ValueError, "dropout must be .*below 1"),
        (lambda known: network(learning_rate=0).fit(LINES, ANSWERS), ValueError, "learning_rate must be .*above 0"),
        (lambda known: network().predict(["a"]), NotFittedError, "not fitted"),
        (lambda known: known.predict("ab"), TypeError, "X must be a list of strings"),
        (lambda known: known.score(["ab"], ["x"]), ValueError, "same length"),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message, known):
    with pytest.raises(error, match=message):
        call(known)


def test_its_card_says_who_made_it_and_it_is_compared_with_none():
    assert "kexue.fm 6270" in network().card.citation and "1612.08083" in network().card.citation
    assert "couplet_network" not in mg.peers.all_peers()
