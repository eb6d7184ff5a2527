"""The translation memory, its students, and translators in both directions."""

from collections import Counter
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import memgen_lite as mg
from memgen_lite.peers import translation_student as ts
from memgen_lite.shared.grams import profiles

pytestmark = pytest.mark.training

WORDS = {"save": "sichern", "delete": "löschen", "open": "öffnen", "close": "schließen", "print": "drucken"}
THINGS = {"file": "Datei", "page": "Seite", "user": "Benutzer", "group": "Gruppe", "site": "Website"}
X = [f"{word} the {thing}" for word, thing in product(WORDS, THINGS)]
Y = [f"{THINGS[thing]} {WORDS[word]}" for word, thing in product(WORDS, THINGS)]
SMALL = {"rounds": 60, "width": 16, "buckets": 128, "batch_size": 16, "random_state": 0}
TEXTS = st.lists(st.text(alphabet="ab ", max_size=6), min_size=1, max_size=5)


@pytest.fixture(autouse=True, scope="module")
def quick_compiler():
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def memory(**more):
    return mg.peers.peer("translation_memory", **more)


def student(**more):
    return mg.peers.peer("translation_student", **SMALL | more)


def dual(**more):
    return mg.peers.peer("dual_translators", **SMALL | more)


@pytest.fixture(scope="module")
def taught():
    return student(distill=0.5, top_k=40).fit(X + X, Y + Y, [0] * 25 + [1] * 25)


def test_a_memory_says_of_a_text_that_it_holds_what_it_holds():
    known = memory(threshold=1).fit(X, Y)
    assert known.predict(X) == Y
    assert known.predict(["save the files", "SAVE THE FILE", ""]) == [None] * 3


def test_a_fuzzy_match_is_answered_from_the_threshold_on():
    known = memory(threshold=0).fit(X, Y)
    place, similarity = known.match(["save the files"])
    assert X[place[0]] == "save the file" and 0.6 < similarity[0] < 1
    assert memory(threshold=float(similarity[0])).fit(X, Y).predict(["save the files"]) == ["Datei sichern"]
    assert memory(threshold=float(similarity[0]) + 1e-9).fit(X, Y).predict(["save the files"]) == [None]


def by_hand(a, b, n):
    counts = [Counter(f" {text} "[i : i + n] for i in range(len(text) + 3 - n)) for text in (a, b)]
    total = sum(map(Counter.total, counts))
    return 1.0 if a == b else 2 * (counts[0] & counts[1]).total() / total if total else 0.0


@settings(deadline=None)
@given(TEXTS, TEXTS, st.integers(1, 4))
def test_the_similarity_is_that_of_dice(kept, asked, n):
    found = memory(n=n).fit(kept, kept).similarity(asked)
    for a, row in zip(asked, found, strict=True):
        for b, value in zip(kept, row, strict=True):
            assert value == pytest.approx(by_hand(a, b, n))
            assert (value == 1) == (a == b), "an exact match is the same text"


def test_of_equal_matches_the_first_that_was_kept_counts():
    assert memory().fit(["a b", "a b"], ["one", "two"]).predict(["a b"]) == ["one"]


def test_a_memory_is_kept_and_read(tmp_path):
    memory(threshold=0.3).fit(X, Y).save(tmp_path / "memory")
    again = mg.peers.load(tmp_path / "memory")
    assert again.predict(["print a page"]) == memory(threshold=0.3).fit(X, Y).predict(["print a page"])
    assert mg.peers.fitted(memory(random_state=0), X, Y).predict(X) == Y


@given(TEXTS)
def test_profiles_are_shares(texts):
    found = profiles(texts, (1, 2), 16)
    assert found.shape == (len(texts), 16) and np.allclose(found.sum(axis=1), 1) and (found >= 0).all()


def test_what_a_memory_says_is_the_weighted_mean_of_its_translations():
    known, data = profiles(Y[:4], (1, 2), 64), memory(threshold=0).fit(X[:4], Y[:4])
    alike = data.similarity(["save a file"])[0]
    weight = np.exp(alike / 0.2) / np.exp(alike / 0.2).sum()
    common = known.mean(axis=0) / 2 + 1 / 128
    meant = 0.9 * sum(w * row for w, row in zip(weight, known, strict=True)) + 0.1 * common
    assert np.allclose(ts.memory_shares(data, ["save a file"], known, 0.2)[0], meant, atol=1e-6)


def test_without_itself_a_memory_does_not_know_a_text():
    known, data = profiles(Y, (1, 2), 512), memory(threshold=0).fit(X, Y)
    with_it, without = (ts.memory_shares(data, X, known, 1e-3, others=others) for others in (False, True))
    assert np.allclose(with_it, 0.9 * known + 0.1 * (known.mean(axis=0) / 2 + 1 / 1024), atol=1e-5)
    others = np.delete(np.arange(25), 7)
    alone = memory(threshold=0).fit([X[i] for i in others], [Y[i] for i in others])
    meant = 0.9 * ts.memory_shares(alone, [X[7]], known[others], 1e-3) / 0.9
    common = [(part.mean(axis=0) / 2 + 1 / 1024) for part in (known, known[others])]
    assert np.allclose(without[7] - 0.1 * common[0], meant[0] - 0.1 * common[1], atol=1e-5)


def test_the_largest_shares_are_kept_and_add_up_to_1():
    shares = np.float32([[0.4, 0.1, 0.3, 0.2], [0.25, 0.25, 0.25, 0.25]])
    assert np.allclose(ts.largest(shares, 2), [[4 / 7, 0, 3 / 7, 0], [0.5, 0.5, 0, 0]])
    assert ts.largest(shares, None) is shares and ts.largest(shares, 9) is shares


def objective(**more):
    plain = {"n_languages": 2, "check": None, "buckets": 6, "width": 3}
    return ts.Distilling(**plain | more)


def batch(rng):
    x, y, teacher = (rng.dirichlet(np.ones(6), 8).astype(np.float32) for _ in range(3))
    return {"x": x, "y": y, "teacher": teacher, "language": np.array([0, 1] * 4)}


def test_the_loss_is_that_of_tan_and_others():
    rows = batch(np.random.default_rng(0))
    for weight in (0.0, 0.3, 1.0):
        made = objective(distill=weight)
        networks = made.build(None, jax.random.key(0))
        logs = np.asarray(ts.log_shares(networks["model"], rows, 2))
        nll, kd = (-(rows[name] * logs).sum(axis=1).mean() for name in ("y", "teacher"))
        assert float(made.loss("model", networks, rows, None)) == pytest.approx((1 - weight) * nll + weight * kd)


@pytest.mark.parametrize("costs, heard", [([0.0, 0.0], [1, 1]), ([99.0, 99.0], [0, 0]), ([0.0, 99.0], [1, 0])])
def test_with_selective_distillation_a_worse_teacher_is_not_heard_in_its_language(costs, heard):
    rows = batch(np.random.default_rng(0))
    made = objective(distill=0.5, check=(rows, jnp.array(costs)))
    networks = made.build(None, jax.random.key(0))
    weight = 0.5 * np.array(heard)[rows["language"]][:, None]
    meant = (1 - weight) * rows["y"] + weight * rows["teacher"]
    logs = np.asarray(ts.log_shares(networks["model"], rows, 2))
    assert float(made.loss("model", networks, rows, None)) == pytest.approx(-(meant * logs).sum(axis=1).mean())


def test_a_student_learns_its_texts_and_is_the_same_twice():
    first = student(rounds=300, width=32, buckets=512).fit(X, Y)
    assert np.mean([a == b for a, b in zip(first.predict(X), Y, strict=True)]) > 0.8
    again = student(rounds=300, width=32, buckets=512).fit(X, Y)
    assert np.array_equal(first.shares(X), again.shares(X)) and np.allclose(first.shares(X).sum(axis=1), 1)
    assert first.bits(X, Y).mean() < student(rounds=0, buckets=512).fit(X, Y).bits(X, Y).mean() - 1


def test_a_student_answers_in_the_language_that_is_asked_for():
    both = student().fit(X + X, Y + [text.upper() for text in Y], [0] * 25 + [1] * 25)
    assert all(text in Y for text in both.predict(X)), "the first one, unless it is said"
    assert all(text.isupper() for text in both.predict(X, [1] * 25))


def test_a_selective_student_of_a_good_teacher_is_a_distilled_one():
    settings = {"distill": 0.5, "temperature": 1e-2}
    plain, selective = (student(selective=flag, **settings).fit(X, Y) for flag in (False, True))
    assert plain.get_params() != selective.get_params() and plain.history_["round"] == selective.history_["round"]
    assert student(selective=True).fit(X, Y).history_ == student().fit(X, Y).history_, "with no teacher there is none"


def test_a_student_is_kept_and_read(tmp_path, taught, monkeypatch):
    taught.save(tmp_path / "student")
    again = mg.peers.load(tmp_path / "student")
    assert again.predict(X, [1] * 25) == taught.predict(X, [1] * 25)
    monkeypatch.setenv("MEMGEN_CACHE", str(tmp_path))
    kept = [mg.peers.fitted(student(rounds=5), X, Y, languages=[0] * 25).shares(X) for _ in range(2)]
    assert np.array_equal(*kept)


def test_the_parameters_of_a_student_are_settings_only():
    names = {"batch_size", "learning_rate", "rounds", "width", "buckets", "distill", "top_k", "selective"}
    assert set(student().get_params()) == names | {"temperature", "random_state"}
    assert clone(student()).get_params() == student().get_params()


def test_what_goes_there_and_back_is_compared_with_what_it_was():
    from memgen_lite.peers.dual_learning import BothWays, together

    rng = np.random.default_rng(0)
    x, y = (rng.dirichlet(np.ones(6), 5).astype(np.float32) for _ in range(2))
    x[3:4], y[4:] = 0, 0  # three pairs, a text of the other language, and one of this
    made = BothWays(buckets=6, width=3, agents=3, dual=0.7)
    networks = made.build(None, jax.random.key(1))
    agents = [*networks["pair"], *networks["others"]]

    def entropy(meant, said):
        return -(meant * np.log(np.asarray(said))).sum(axis=1)

    one = networks["pair"]
    pairs = entropy(y, together(one, 0, x))[:3].mean() + entropy(x, together(one, 1, y))[:3].mean()
    back = entropy(x, together(agents, 1, together(agents, 0, x)))[[0, 1, 2, 4]].mean()
    forth = entropy(y, together(agents, 0, together(agents, 1, y)))[:4].mean()
    found = float(made.loss("pair", networks, {"x": jnp.array(x), "y": jnp.array(y)}, None))
    assert found == pytest.approx(pairs + 0.7 * (back + forth), rel=1e-4)
    only = float(made.loss("others", networks, {"x": jnp.array(x), "y": jnp.array(y)}, None))
    each = [
        entropy(y, together([agent], 0, x))[:3].mean() + entropy(x, together([agent], 1, y))[:3].mean()
        for agent in networks["others"]
    ]
    assert only == pytest.approx(sum(each), rel=1e-4)


def test_the_others_learn_nothing_from_the_way_back():
    from memgen_lite.peers.dual_learning import BothWays

    assert BothWays().players == {"pair": 1} and BothWays(agents=2).players == {"pair": 1, "others": 1}
    some = [dual(agents=2, dual=weight).fit(X, Y) for weight in (0.0, 1.0)]
    others = [[np.asarray(leaf) for leaf in jax.tree.leaves(model.networks_["others"])] for model in some]
    assert all(map(np.array_equal, *others))
    pair = [[np.asarray(leaf) for leaf in jax.tree.leaves(model.networks_["pair"])] for model in some]
    assert not all(map(np.array_equal, *pair))


def test_dual_translators_take_texts_without_a_translation(tmp_path):
    some = dual(agents=2).fit([*X[:15], *X[15:], *[""] * 10], [*Y[:15], *[""] * 10, *Y[15:]])
    assert some.targets_ == Y and all(text in Y for text in some.predict(X))
    assert some.shares(X).shape == (25, 128) and np.allclose(some.shares(X, all_agents=True).sum(axis=1), 1)
    some.save(tmp_path / "pair")
    again = mg.peers.load(tmp_path / "pair")
    assert again.predict(X, all_agents=True) == some.predict(X, all_agents=True)
    assert np.array_equal(again.bits(X, Y), some.bits(X, Y))


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda known: memory().fit("ab", ["a"]), TypeError, "X must be a list of strings"),
        (lambda known: memory().fit(["a"], ["a", "b"]), ValueError, "y must hold a translation for each of 1 texts"),
        (lambda known: memory().fit(["a"], [3]), TypeError, "y must be a list of strings, got int at position 0"),
        (lambda known: memory(threshold=2).fit(X, Y), ValueError, "threshold must be .*from 0 to 1, got 2"),
        (lambda known: memory(n=0).fit(X, Y), ValueError, "n must be 1 or more"),
        (lambda known: memory().predict(X), NotFittedError, "not fitted"),
        (lambda known: memory().fit(X, Y).predict([]), ValueError, "X must hold one text or more"),
        (lambda known: student().fit(X[:9], Y[:9]), ValueError, "X must hold 20 different texts or more, got 9"),
        (lambda known: student().fit(X, Y, [0]), ValueError, "languages must be 25 numbers"),
        (lambda known: student().fit(X, Y, [0.5] * 25), TypeError, "languages must be whole numbers"),
        (lambda known: student().fit(X, Y, [-1] * 25), ValueError, "languages must be whole numbers, 0 or more"),
        (lambda known: student().fit(X, Y, [1000] * 25), ValueError, "languages must be from 0 to 999"),
        (lambda known: student(distill=2).fit(X, Y), ValueError, "distill must be .*from 0 to 1"),
        (lambda known: student(top_k=0).fit(X, Y), ValueError, "top_k must be 1 or more"),
        (lambda known: student(selective=1).fit(X, Y), TypeError, "selective must be True or False"),
        (lambda known: student(temperature=0).fit(X, Y), ValueError, "temperature must be .*above 0"),
        (lambda known: student().predict(X), NotFittedError, "not fitted"),
        (lambda known: known.predict(["a"], [2]), ValueError, "languages must be below 2"),
        (lambda known: known.bits(["a"], []), ValueError, "y must hold one text or more"),
        (lambda known: dual(agents=0).fit(X, Y), ValueError, "agents must be 1 or more"),
        (lambda known: dual(dual=-1).fit(X, Y), ValueError, "dual must be .*0 or more"),
        (lambda known: dual().fit(X, [""] * 25), ValueError, "y must hold a translation of one of the texts X"),
        (lambda known: dual().predict(X), NotFittedError, "not fitted"),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message, taught):
    with pytest.raises(error, match=message):
        call(taught)


def test_settings_that_change_after_a_fit_are_checked_or_wait_for_the_next_one(taught):
    known = memory().fit(X, Y).set_params(threshold=7)
    with pytest.raises(ValueError, match=r"threshold must be .*from 0 to 1, got 7"):
        known.predict(X)
    for model in (taught, dual(rounds=2).fit(X, Y)):
        before = model.predict(X)
        buckets, _ = model.buckets, model.set_params(buckets=32)
        assert model.predict(X) == before
        model.set_params(buckets=buckets)


def test_a_language_that_was_skipped_cannot_be_asked_for():
    with pytest.raises(ValueError, match="languages must be of those that were learned, got 1"):
        student(rounds=1).fit(X, Y, [0] * 12 + [2] * 13).predict(["a"], [1])


def test_their_cards_say_who_made_them():
    cards = [peer().card.citation for peer in (memory, student, dual)]
    assert all(name in card for name, card in zip(("Dice", "1902.10461", "1611.00179"), cards, strict=True))
    assert not {"translation_memory", "translation_student", "dual_translators"} & set(mg.peers.all_peers())
