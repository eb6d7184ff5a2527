"""The identity, and the language models beside it: closed forms, a brute-force Kneser-Ney, MemGEN as the limit."""

import copy
from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interrupting import interrupt_at
from scipy import stats
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import memgen_lite as mg
from memgen_lite.paper.text import CODE_POINTS, IdentityModel, NGram, copied_share

ANY_TEXT = st.text(st.characters(categories=None), max_size=60)  # all of Unicode, lone surrogates too
CORPORA = st.lists(st.text("abc", max_size=6), min_size=1, max_size=6)
ORDERS = st.integers(1, 7)
DISCOUNTS = st.sampled_from([0.0, 0.3, 0.75, 1.0])


@given(ANY_TEXT)
def test_the_identity_is_its_own_inverse_on_all_of_unicode(text):
    f = IdentityModel()
    assert f(text) == text == f.inverse(f(text)) == f(f.inverse(text))
    assert f.inverse_transform(f.transform([text])) == [text]


@given(st.one_of(ANY_TEXT, st.binary(), st.lists(st.floats()), st.none()))
def test_the_identity_returns_the_same_object(x):
    assert IdentityModel()(x) is x
    assert IdentityModel().fit_transform(x) is x


def test_the_identity_is_a_scikit_learn_transformer_and_the_one_they_ship():
    check_estimator(IdentityModel(), on_skip=None)
    X = np.arange(6.0).reshape(3, 2)
    pipeline = make_pipeline(IdentityModel(), StandardScaler(), IdentityModel()).fit(X)
    assert np.array_equal(pipeline.transform(X), StandardScaler().fit_transform(X))
    assert FunctionTransformer().fit_transform(X) is IdentityModel().fit_transform(X)


def test_the_identity_hands_on_the_names_of_columns():
    frame = pd.DataFrame(np.arange(6.0).reshape(3, 2), columns=["a", "b"])
    pipeline = make_pipeline(IdentityModel(), StandardScaler(), IdentityModel()).fit(frame)
    assert pipeline.get_feature_names_out().tolist() == ["a", "b"]
    assert list(pipeline.set_output(transform="pandas").fit(frame).transform(frame)) == ["a", "b"]
    assert IdentityModel().fit(frame.to_numpy()).get_feature_names_out().tolist() == ["x0", "x1"]
    assert IdentityModel().fit(frame.to_numpy()).get_feature_names_out(["c", "d"]).tolist() == ["c", "d"]
    with pytest.raises(ValueError, match="input_features should have length equal to number of features"):
        IdentityModel().fit(frame.to_numpy()).get_feature_names_out(["c"])
    for text in ("no_validation", ["to be"], None):  # the first is a word of scikit-learn's own
        assert IdentityModel().fit(text).transform(text) is text


def test_the_identity_has_no_parameter_no_probability_and_nothing_to_draw():
    assert IdentityModel.n_parameters_ == 0
    assert not hasattr(IdentityModel(), "score_samples")
    assert not hasattr(IdentityModel(), "sample")


class SlowKneserNey:
    """The recursion of the docstring, word for word, on tuples and dictionaries."""

    START, END, OTHER = "start", "end", "other"

    def __init__(self, texts, order, discount):
        self.order, self.discount = order, discount
        self.symbols = [*sorted(set("".join(texts))), self.END, self.OTHER]
        seen = Counter()
        for text in texts:
            symbols = (self.START, *text, self.END)
            for end in range(2, len(symbols) + 1):
                for start in range(max(0, end - order), end):
                    seen[symbols[start:end]] += 1
        before = defaultdict(set)
        for gram in seen:
            if len(gram) > 1 and gram[1:]:
                before[gram[1:]].add(gram[0])
        self.after = defaultdict(dict)
        for gram, count in seen.items():
            raw = len(gram) == order or gram[0] == self.START
            self.after[gram[:-1]][gram[-1]] = count if raw else len(before[gram])

    def probability(self, context, symbol):
        shorter = self.probability(context[1:], symbol) if context else 1 / len(self.symbols)
        counts = self.after.get(context)
        if not counts:
            return shorter
        left = max(counts.get(symbol, 0) - self.discount, 0)
        return (left + self.discount * len(counts) * shorter) / sum(counts.values())

    def after_prefix(self, prefix):
        symbols = (self.START, *prefix)
        context = symbols[len(symbols) - min(self.order - 1, len(symbols)) :]
        return [self.probability(context, symbol) for symbol in self.symbols]


@settings(deadline=None)
@given(CORPORA, ORDERS, DISCOUNTS, st.text("abcx", max_size=8))
def test_probabilities_are_those_of_the_recursion_and_add_up_to_one(texts, order, discount, prefix):
    model = NGram(order, discount=discount).fit(texts)
    found = model.probabilities(prefix)
    slow = SlowKneserNey(texts, order, discount)
    assert list(found) == ["", *model.alphabet_, None]
    assert [found[key] for key in [*model.alphabet_, "", None]] == pytest.approx(slow.after_prefix(prefix), abs=1e-12)
    assert sum(found.values()) == pytest.approx(1, abs=1e-9)


@settings(deadline=None)
@given(CORPORA, ORDERS, DISCOUNTS, st.lists(st.text("abcxé", max_size=8), min_size=1, max_size=4))
def test_the_probability_of_a_text_is_the_product_along_it(texts, order, discount, others):
    model = NGram(order, discount=discount).fit(texts)
    expected = []
    for text in others:
        product = model.probabilities(text)[""]
        for place, character in enumerate(text):
            known = character in model.alphabet_
            one = 1 if known else CODE_POINTS - len(model.alphabet_)
            product *= model.probabilities(text[:place])[character if known else None] / one
        expected.append(product)
    assert np.exp(model.score_samples(others)) == pytest.approx(expected, rel=1e-9, abs=1e-300)


@settings(deadline=None)
@given(st.lists(st.text("ab", max_size=6), min_size=1, max_size=8), st.lists(st.text("abc", max_size=6), min_size=1))
def test_without_discount_and_with_enough_context_an_n_gram_model_is_memgen(texts, others):
    model = NGram(order=8, discount=0).fit(texts)
    memgen = mg.MemGEN(memory="list").fit(texts)
    assert model.score_samples(texts) == pytest.approx(memgen.score_samples(texts))
    assert np.exp(model.score_samples(others)) == pytest.approx(np.exp(memgen.score_samples(others)))
    assert set(model.sample(20, random_state=0)) <= set(texts)


@settings(deadline=None)
@given(CORPORA)
def test_without_discount_more_context_never_costs_bits_on_the_training_texts(texts):
    bits = [NGram(order, discount=0).fit(texts).bits_per_character(texts) for order in range(1, 9)]
    assert all(longer <= shorter + 1e-9 for shorter, longer in pairwise(bits))
    counts = Counter("".join(text + "\n" for text in texts))
    assert bits[0] == pytest.approx(stats.entropy(list(counts.values()), base=2))


def test_what_was_never_seen_costs_infinitely_many_bits_without_a_discount_and_many_with_one():
    texts = ["abab", "ba"]
    assert NGram(3, discount=0).fit(texts).bits_per_character(["bb"]) == np.inf
    assert NGram(3).fit(texts).bits_per_character(["bb"]) < 5
    one_of_all = NGram(1, discount=1).fit(texts).score_samples(["é"])[0] - np.log(4 / 8 + 0.0)
    assert one_of_all < np.log(1 / (CODE_POINTS - 2))


def test_sampling_follows_the_probabilities():
    """Chi-square tests of 6,000 first characters for three orders, at level 0.001 each, with fixed seeds."""
    texts = ["abba", "baab", "cab", "", "abc"]
    for order in (1, 2, 4):
        model = NGram(order, discount=0.6, random_state=order).fit(texts)
        share = model.probabilities()
        drawn = Counter(text[:1] for text in model.sample(6000, max_length=1))
        leftover = share.pop(None) / len(share)
        expected = {symbol: 6000 * (p + leftover) for symbol, p in share.items()}
        assert sum(drawn.values()) == 6000
        assert leftover < 0.03  # else "the others, evenly" would have to be told from "in proportion"
        assert stats.chisquare([drawn[symbol] for symbol in expected], list(expected.values())).pvalue > 0.001


def test_samples_go_on_along_the_stream_and_a_seed_starts_anew():
    model = NGram(2, random_state=5).fit(["abracadabra", "alakazam"])
    first, second = model.sample(5), model.sample(5)
    assert first != second
    assert model.fit(["abracadabra", "alakazam"]).sample(10) == first + second
    assert model.sample(5, random_state=5) == first
    assert model.sample(0) == []
    assert all(len(text) <= 3 for text in model.sample(50, max_length=3))


def test_score_is_the_mean_and_bits_count_each_end():
    model = NGram(3).fit(["abba", "baba"])
    scores = model.score_samples(["ab", "ba", "bab"])
    assert model.score(["ab", "ba", "bab"]) == pytest.approx(scores.mean())
    assert model.bits_per_character(["ab", "ba", "bab"]) == pytest.approx(-scores.sum() / np.log(2) / 10)


def test_memorizing_prose_helps_on_it_and_not_beyond():
    """The claim of the notebook's figure, on a part of the text: train bits fall, held-out bits turn up."""
    prose = mg.data.prose()
    models = [NGram(order).fit(prose.train[:400]) for order in (1, 4, 5, 6, 16)]
    train = [model.bits_per_character(prose.train[:400]) for model in models]
    held_out = [model.bits_per_character(prose.held_out) for model in models]
    assert train == sorted(train, reverse=True)
    assert np.argmin(held_out) in (1, 2, 3)
    assert held_out[0] > 4 > held_out[-1] > min(held_out) + 0.03


@given(
    st.lists(st.text("ab", max_size=12), min_size=1, max_size=3),
    st.lists(st.text("ab", max_size=12), min_size=1, max_size=3),
    st.integers(1, 5),
)
def test_the_copied_share_counts_the_characters_covered_by_long_runs(texts, train, length):
    covered = 0
    for text in texts:
        runs = [i for i in range(len(text) - length + 1) if any(text[i : i + length] in other for other in train)]
        covered += len({place for i in runs for place in range(i, i + length)})
    assert copied_share(texts, train, length) == pytest.approx(covered / max(1, len("".join(texts))))


def test_a_text_copies_itself_and_nothing_of_another_alphabet():
    texts = mg.data.prose().train[:5]
    assert copied_share(texts, texts) == 1
    assert copied_share(texts, ["é" * 100]) == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: NGram().fit("one text"),
            TypeError,
            "X must be a list of strings, got str; put a single text in a list",
        ),
        (lambda: NGram().fit(7), TypeError, "X must be a list of strings, got int"),
        (lambda: NGram().fit([]), ValueError, "X must hold one text or more, got none"),
        (lambda: NGram().fit(["a", b"b"]), TypeError, "got bytes at position 1"),
        (lambda: NGram(order=0).fit(["a"]), ValueError, "order must be 1 or more, got 0"),
        (lambda: NGram(order=2.5).fit(["a"]), TypeError, "order must be a whole number, 1 or more, got 2.5"),
        (lambda: NGram(discount=1.5).fit(["a"]), ValueError, "discount must be from 0 to 1, got 1.5"),
        (lambda: NGram().fit(["a"]).sample(-1), ValueError, "n must be 0 or more, got -1"),
        (lambda: NGram().fit(["a"]).probabilities(["a"]), TypeError, "prefix must be a str, got list"),
        (lambda: copied_share(["a"], ["a"], length=0), ValueError, "length must be 1 or more, got 0"),
        (lambda: NGram().sample(), ValueError, "not fitted"),
    ],
)
def test_errors_name_what_was_given_and_what_is_expected(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_an_interrupt_of_a_fit_at_any_line_leaves_the_old_model_or_the_new_one():
    def told(model):
        return model.alphabet_, model.score_samples(["abra", "xyz"]).tolist(), copy.deepcopy(model).sample(3)

    old = NGram(order=3, random_state=0).fit(["abracadabra", "abraxas"])
    old.sample(2)  # it is half-way along its stream
    new = copy.deepcopy(old).fit(["xyzzy", "zyx"])
    before, after, step, outcomes = told(old), told(new), 1, Counter()
    model, first = copy.deepcopy(old), NGram(order=3)
    while interrupt_at(step, lambda: model.fit(["xyzzy", "zyx"])):  # noqa: B023
        assert told(model) in (before, after), step
        outcomes[told(model) == before] += 1
        interrupt_at(step, lambda: first.fit(["xyzzy", "zyx"]))  # noqa: B023
        assert set(vars(first)) in (set(vars(NGram())), set(vars(new))), step
        model, first, step = copy.deepcopy(old), NGram(order=3), step + 1
    assert outcomes[True] > 50
