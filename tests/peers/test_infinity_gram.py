"""The infinity-gram: beside counting by hand, beside MemGEN, and what it refuses."""

import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interrupting import interrupt_at
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import memgen_lite as mg

TEXTS = st.lists(st.text("abc", max_size=6), min_size=1, max_size=5)
ASKED = st.text("abcz", max_size=7)
BEGIN, END = "^", "$"


def model(texts, **more):
    return mg.peers.peer("infinity_gram", **{"random_state": 0, **more}).fit(texts)


def followers(texts, context):
    """What follows each occurrence of a context, counted by hand."""
    marked = [BEGIN + text + END for text in texts]
    places = [(text, i) for text in marked for i in range(1, len(text))]
    return Counter(text[i] for text, i in places if text[:i].endswith(context))


def by_hand(texts, context, escape):
    """The law of the next symbol, its None for what is in no text, and how long the longest context is."""
    alphabet = sorted(set("".join(texts)))
    law = dict.fromkeys([END, *alphabet, None], 1 / (len(alphabet) + 2))
    before, longest = None, 0
    for start in range(len(context), -1, -1):
        found = followers(texts, context[start:])
        if not found:
            break
        longest = len(context) - start
        if found.total() != before:  # else the same places as those of the shorter one, which was counted
            law = {w: (found[w] + escape * share) / (found.total() + escape) for w, share in law.items()}
        before = found.total()
    return law, longest, before


@given(TEXTS, ASKED, st.sampled_from([0.0, 0.5, 2.0]), st.booleans())
def test_the_law_of_what_comes_next_is_that_of_counting_by_hand(texts, prefix, escape, inside):
    law, _, _ = by_hand(texts, prefix if inside else BEGIN + prefix, escape)
    found = model(texts, escape=escape).probabilities(prefix, inside=inside)
    assert found == pytest.approx({"" if w == END else w: share for w, share in law.items()}, abs=1e-12)
    assert sum(found.values()) == pytest.approx(1)


@given(TEXTS, ASKED, st.sampled_from([0.0, 1.0]), st.booleans())
def test_a_text_is_followed_as_by_hand(texts, text, escape, inside):
    found = model(texts, escape=escape).follow(text, inside=inside)
    unseen = sys.maxunicode + 1 - len(set("".join(texts)))
    for i, symbol in enumerate(text + END):
        law, length, count = by_hand(texts, ("" if inside else BEGIN) + text[:i], escape)
        share = law.get(symbol, law[None] / unseen)
        assert (found["length"][i], found["count"][i]) == (length, count)
        assert np.exp(found["log_probability"][i]) == pytest.approx(share, abs=1e-12)


@given(TEXTS, TEXTS)
def test_without_an_escape_its_law_from_the_beginning_is_that_of_memgen(texts, others):
    known, memory = model(texts), mg.MemGEN(random_state=0).fit(texts)
    assert set(known.sample(20)) <= set(texts)
    np.testing.assert_allclose(known.score_samples(texts), memory.score_samples(texts))
    np.testing.assert_array_equal(known.score_samples(others) == -np.inf, [text not in texts for text in others])


@given(TEXTS, TEXTS, st.sampled_from([0.0, 1.0]))
def test_texts_are_scored_together_as_alone(texts, asked, escape):
    known = model(texts, escape=escape)
    alone = [known.follow(text)["log_probability"].sum() for text in asked]
    np.testing.assert_allclose(known.score_samples(asked), alone)


def test_an_order_without_end_and_no_discount_is_the_n_gram_model_without_end():
    texts = mg.data.zen().train
    counted = mg.text.NGram(order=200, discount=0).fit(texts)
    np.testing.assert_allclose(model(texts).score_samples(texts), counted.score_samples(texts))


def test_samples_have_the_probabilities_of_the_law():
    """Four thousand draws of one character, chi-squared below its 99.9 % point for three degrees of freedom."""
    known = model(["ab", "ac", "bb"], escape=1.0)
    law = known.probabilities("a")
    law = {w: law[w] + law[None] / 4 for w in ("", "a", "b", "c")}  # the share of what it cannot name
    drawn = Counter(text[1:] for text in known.sample(4000, prefix="a", max_length=2))
    misfit = sum((drawn[w] - 4000 * share) ** 2 / (4000 * share) for w, share in law.items())
    assert misfit < 16.3


@given(TEXTS, ASKED, st.sampled_from([0.0, 1.0]), st.booleans())
def test_what_it_completes_is_the_likeliest_at_each_step(texts, text, escape, inside):
    known, expected = model(texts, escape=escape), text
    for _ in range(4):
        law = known.probabilities(expected, inside=inside)
        best = max(["", *known.alphabet_], key=law.get)
        expected += best
        if not best:
            break
    assert known.complete([text], 4, inside=inside) == [expected]


def test_a_memory_of_what_was_never_seen_has_a_share_that_adds_up_over_unicode():
    known = model(["ab"], escape=1.0)
    unseen = sys.maxunicode + 1 - 2
    assert known.follow("z")["log_probability"][0] == pytest.approx(np.log(known.probabilities()[None] / unseen))
    assert model(["ab"]).score_samples(["z"]) == -np.inf
    assert model(["ab"]).bits_per_character(["ab"]) == 0


def test_samples_follow_a_stream_and_a_refit_repeats_them(tmp_path):
    known = model(["ab", "ba", "cab"], escape=0.5)
    again = clone(known).fit(["ab", "ba", "cab"])
    first, second = known.sample(5), known.sample(5)
    assert again.sample(5) == first and again.sample(5) == second
    assert known.sample(5, random_state=3) == again.sample(5, random_state=3)
    assert known.sample(0) == []
    assert known.sample(3, prefix="abcab", max_length=2) == ["abcab"] * 3
    known.save(tmp_path / "m")
    loaded = mg.peers.load(tmp_path / "m")
    assert loaded.sample(5) == known.sample(5) and loaded.get_params() == known.get_params()
    assert loaded.probabilities("a") == known.probabilities("a")


def test_texts_may_be_empty_or_hold_anything():
    known = model(["", "", "\ud800x", "𝒳\0"])
    assert known.probabilities()[""] == 0.5
    assert set(known.sample(50)) == {"", "\ud800x", "𝒳\0"}


def test_a_fit_that_is_interrupted_anywhere_leaves_the_old_texts():
    known, step = model(["ab", "ba"]), 0
    before = dict(vars(known))
    while interrupt_at(step := step + 9, lambda: known.fit(["xyz", "x"])):
        assert vars(known) == before or known.alphabet_ == "xyz"
        known.__dict__ = dict(before)
    assert step > 30


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda known: known.fit("ab"), TypeError, "X must be a list of strings, got str"),
        (lambda known: known.fit([]), ValueError, "X must hold one text or more"),
        (lambda known: known.fit(["a", 3]), TypeError, "X must be a list of strings, got int at position 1"),
        (lambda known: clone(known).set_params(escape=-1).fit(["a"]), ValueError, "escape must be 0 or more, got -1"),
        (lambda known: known.follow(3), TypeError, "text must be a str, got 3"),
        (lambda known: known.probabilities(["a"]), TypeError, "prefix must be a str"),
        (lambda known: known.sample(-1), ValueError, "n must be 0 or more, got -1"),
        (lambda known: known.sample(1, max_length=1.5), TypeError, "max_length must be a whole number"),
        (lambda known: known.sample(1, inside=2), TypeError, "inside must be True or False"),
        (lambda known: known.complete("a", 3), TypeError, "X must be a list of strings"),
        (lambda known: clone(known).sample(1), NotFittedError, "not fitted"),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call(model(["ab", "ba"]))


def test_its_card_says_who_made_it():
    card = model(["a"]).card
    assert card.title == "infinity-gram" and "2401.17377" in card.citation
    assert "infinity_gram" not in mg.peers.all_peers()
