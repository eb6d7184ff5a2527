"""Runs of words in common: brute force over all pairs of texts, ties that know no labels, and what the eye sees."""

import _thread
import signal
import unicodedata
from html import unescape

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from memgen_lite.auditing import runs, spans
from memgen_lite.auditing.spans import longest_span, span_distance, span_html, span_length, span_nearness, span_text
from memgen_lite.auditing.walk import walk


def run(one, two):
    """The length of the longest common run of two lists, by the textbook's table."""
    before, longest = [0] * (len(two) + 1), 0
    for a in one:
        row = [0]
        for j, b in enumerate(two):
            row.append(before[j] + 1 if a == b else 0)
        before, longest = row, max(longest, *row)
    return longest


@st.composite
def cases(draw):
    """Texts of few different words, short and long, many of them alike; k may be more than there are."""
    words = draw(st.sampled_from(["a", "ab", "abcd", "abcdefghijklmnop"]))
    text = st.lists(st.sampled_from(words), max_size=draw(st.sampled_from([2, 8, 30]))).map(" ".join)
    sizes = [draw(st.integers(1, most)) for most in (12, 12, 8)]
    train, held_out, generated = (draw(st.lists(text, min_size=size, max_size=size)) for size in sizes)
    pieces = draw(st.lists(st.sampled_from([*train, *held_out]), max_size=2))
    return train, held_out, [*generated, *pieces, " ".join(pieces)], draw(st.integers(1, 8)), draw(st.integers(0, 99))


@settings(max_examples=400, deadline=None)
@given(cases(), st.sampled_from([1, 5, 2**21]))
@example((["", "a"], [""], ["", "a", "b"], 3, 0), 1)
def test_the_nearest_and_their_order_are_those_of_brute_force(case, at_once):
    train, held_out, generated, k, seed = case
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(runs, "_AT_ONCE", at_once)
        near = span_nearness(train, held_out, generated, k=k, rng=np.random.default_rng(seed))
    pool = [*train, *held_out]
    standing = {}
    for row in np.random.default_rng(seed).permutation(len(pool)):
        standing.setdefault(pool[row], row)
    rows = list(standing.values())
    for i, text in enumerate(generated):
        lengths = [run(pool[row].split(), text.split()) for row in rows]
        best = sorted(range(len(rows)), key=lambda j: -lengths[j])  # stable: by the order of chance where equal
        assert near.rows[i].tolist() == [rows[j] for j in best[:k]]
        assert span_length(near.distances[i]).tolist() == [lengths[j] for j in best[:k]]
        sides = {bool(row < len(train)) for row, length in zip(rows, lengths, strict=True) if length == max(lengths)}
        assert near.tied[i] == (len(sides) == 2)
    assert near.shared.tolist() == [i for i, text in enumerate(train) if text in held_out]


def test_the_nearest_of_prose_are_those_of_brute_force_for_more_texts_than_a_block():
    rng = np.random.default_rng(0)
    words = np.array([f"w{i}" for i in range(60)])
    texts = [" ".join(words[rng.zipf(1.5, size=size) % 60]) for size in rng.integers(0, 40, size=420)]
    train, held_out, generated = texts[:60], texts[60:90], texts[90:]
    near = span_nearness(train, held_out, generated, k=6, rng=rng)
    lengths = [[run(a.split(), b.split()) for a in texts[:90]] for b in generated]
    np.testing.assert_array_equal(span_length(near.distances), -np.sort(-np.array(lengths), axis=1)[:, :6])
    np.testing.assert_array_equal(near.distances, span_distance(np.take_along_axis(np.array(lengths), near.rows, 1)))


@settings(max_examples=60, deadline=None)
@given(cases())
def test_labels_make_no_difference(case):
    """The same pool, cut into sides otherwise, has the same nearest rows at the same distances."""
    train, held_out, generated, k, seed = case
    pool = [*train, *held_out]
    near = span_nearness(train, held_out, generated, k=k, rng=np.random.default_rng(seed))
    for cut in {1, len(pool) - 1}:
        other = span_nearness(pool[:cut], pool[cut:], generated, k=k, rng=np.random.default_rng(seed))
        np.testing.assert_array_equal(other.rows, near.rows)
        np.testing.assert_array_equal(other.distances, near.distances)


@settings(max_examples=60, deadline=None)
@given(cases(), st.randoms())
def test_another_order_of_the_pool_is_another_order_of_the_answer(case, random):
    """The distances are the same, and so are the texts, but where one is as near as what comes after the k."""
    train, held_out, generated, _, seed = case
    pool = [*train, *held_out]
    moved = list(range(len(pool)))
    random.shuffle(moved)
    texts = [pool[i] for i in moved]
    options = {"k": len(pool), "rng": np.random.default_rng(seed)}
    near = span_nearness(train, held_out, generated, **options)
    other = span_nearness(texts[: len(train)], texts[len(train) :], generated, **options)
    np.testing.assert_array_equal(other.distances, near.distances)
    for here, there, distances in zip(near.rows, other.rows, near.distances, strict=True):
        for distance in set(distances):
            at = distances == distance
            assert {pool[i] for i in here[at]} == {texts[i] for i in there[at]}


def test_of_equal_texts_one_stands_for_all_by_chance():
    rows = {
        int(span_nearness(["a b", "c"], ["A, b!"], ["a b"], k=9, rng=np.random.default_rng(seed)).row[0])
        for seed in range(20)
    }
    near = span_nearness(["a b", "c"], ["A, b!"], ["a b", "a b"], k=9, rng=np.random.default_rng(0))
    assert rows == {0, 2} and near.rows.shape == (2, 2) and near.shared.tolist() == [0] and not near.tied.any()
    np.testing.assert_array_equal(near.rows[0], near.rows[1])


def test_texts_that_share_no_word_are_at_distance_1():
    near = span_nearness(["a b", "", "..."], ["c"], ["", "x y", "\U0001f600", "!"], rng=np.random.default_rng(0))
    assert near.rows.shape == (4, 3) and (near.distances == 1).all() and (near.ratio == 1).all() and near.tied.all()


@pytest.mark.parametrize(
    "one, two, length",
    [
        ("The cat -- sat.", "THE CAT\nsat", 3),
        ("Die Stra\u00dfe hier", "die STRASSE hier", 3),
        ("caf\u00e9 noir", unicodedata.normalize("NFD", "Caf\u00e9 noir"), 2),
        ("\uff21\uff22\uff23 x", "abc x", 2),
        ("co\u00adoperate now", "cooperate now", 2),
        ("\u6211\u7231\u5317\u4eac\u3002", "\u4ed6\u7231\u5317\u4eac\uff01", 3),
        ("\u543e\u8f29\u306f\u732b\u3067\u3042\u308b", "\u543e\u8f29\u306f\u72ac\u3067\u3042\u308b", 3),
        ("\u30ab\u3099\u30e9\u30b9", "\u30ac\u30e9\u30b9", 3),  # a mark of its own, or composed
        ("\u0e01\u0e34\u0e19\u0e02\u0e49\u0e32\u0e27", "\u0e01\u0e34\u0e19", 2),
        ("\u0939\u093f\u0928\u094d\u0926\u0940 \u092d\u093e\u0937\u093e", "\u0939\u093f\u0928\u094d\u0926\u0940", 1),
        ("\ud55c\uad6d\uc5b4 \ubb38\uc7a5", "\ud55c\uad6d\uc5b4 \ubb38\uc7a5\uc774", 1),
        ("one \U0001f600 two", "One two\U0001f469\u200d\U0001f680", 2),
        ("a1 \ud800 b", "a1 b", 2),
        ("snake_case", "snake case", 2),
        ("cat", "cats", 0),
        ("\u6211", "\u4ed6", 0),
    ],
)
def test_words_are_what_the_eye_calls_the_same(one, two, length):
    for a, b in ((one, two), (two, one)):
        near = span_nearness([a], ["-"], [b], k=1, rng=np.random.default_rng(0))
        assert span_length(near.distance) == length
        (start, end), (first, last) = longest_span(a, b)
        assert (end > start) == (last > first) == (length > 0)


letters = st.text(st.sampled_from("aB \u00df.\u6f22\u00e9\u0301\U0001f600\u0e19\u0e34\ud800<"), max_size=25)


@settings(max_examples=300, deadline=None)
@given(letters, letters)
def test_the_span_is_the_longest_run_where_it_first_stands(one, two):
    words = [[int(number) for number in text] for text in spans._numbered([one, two])]
    places = [spans._places(text) for text in (one, two)]
    assert [len(found) for found in places] == [len(found) for found in words]
    length = run(*words)
    found = longest_span(one, two)
    if not length:
        assert found == ((0, 0), (0, 0))
        return
    second = next(
        j for j in range(len(words[1])) if run(words[0], words[1][j : j + length]) == length <= len(words[1]) - j
    )
    first = next(i for i in range(len(words[0])) if words[0][i : i + length] == words[1][second : second + length])
    for (start, end), at, begin in zip(found, places, (first, second), strict=True):
        assert (start, end) == (at[begin][0], at[begin + length - 1][1])
    html = span_html(one, two)
    assert html.count("<mark>") == html.count("<p>") == 2
    marked = [unescape(part.split("</mark>")[0]) for part in html.split("<mark>")[1:]]
    plain = [part.split("=]")[0] for part in span_text(one, two).split("[=")[1:]]
    assert marked == plain
    assert marked == [
        text[start:end].encode("utf-8", "backslashreplace").decode()
        for text, (start, end) in zip((one, two), found, strict=True)
    ]


def test_a_span_is_shown_among_eight_words_and_escaped():
    around = " ".join(f"w{i}" for i in range(20))
    one, two = f"{around} <b>the & span</b> {around}", 'the & span "new"'
    html, text = span_html(one, two), span_text(one, two)
    assert text.splitlines()[1] == '[=the & span=] "new"'
    assert "<b>" not in html and "<mark>the &amp; span</mark>" in html and "&quot;new&quot;" in html
    before = " ".join(f"w{i}" for i in range(13, 20))
    assert text.splitlines()[0] == f"… {before} <b>[=the & span=]</b> {' '.join(f'w{i}' for i in range(7))} …"


def test_a_distance_tells_the_length_up_to_7000_words():
    lengths = np.array([0, 1, 2, 399, 7000])
    np.testing.assert_array_equal(span_length(span_distance(lengths)), lengths)
    assert span_distance(10**6) == span_distance(7000) > 0


def test_the_middle_of_a_long_span_is_left_out():
    text = " ".join(f"w{i}" for i in range(500))
    shown = span_text(text, text)
    assert shown.count("w39 … w460") == 2 and "w40 " not in shown


def pasted(seed, source):
    """The p-value of the walk where ten of 80 texts hold 15 words of a training text, or of one that is neither."""
    rng = np.random.default_rng(seed)
    texts = [[f"w{i}" for i in rng.zipf(1.4, size=60) % 3000] for _ in range(290)]
    train, held_out, rest, generated = texts[:100], texts[100:200], texts[200:210], texts[210:]
    for i in range(10):
        start, place = rng.integers(46, size=2)
        generated[i][place : place + 15] = (train if source == "train" else rest)[i][start : start + 15]
    near = span_nearness(*([" ".join(text) for text in side] for side in (train, held_out, generated)), rng=rng)
    if source == "train":
        np.testing.assert_array_equal(near.row[:10], np.arange(10))
        assert (span_length(near.distance[:10]) >= 15).all()
    scores = np.full(200, np.inf)
    np.minimum.at(scores, near.row, near.ratio)
    weights = np.bincount(near.row, minlength=200)
    return walk(scores, np.arange(200) < 100, weights, (100, 100), n_relabelings=199, rng=rng).p_value


def test_ten_pasted_passages_of_training_texts_are_seen():
    assert max(pasted(seed, "train") for seed in range(10)) <= 0.05


def test_passages_of_texts_that_are_neither_accuse_nobody():
    """100 audits: p <= .05 in 5 in the mean, and in more than 12 with probability .002 (binomial law)."""
    assert sum(pasted(seed, "neither") <= 0.05 for seed in range(100)) <= 12


class Presses:
    """Somebody who presses Ctrl-C when so many texts are done."""

    def __init__(self, when):
        self.done, self.when = 0, when

    def update(self, steps):
        self.done += steps
        if self.done >= self.when:
            self.when = np.inf
            _thread.interrupt_main()


@pytest.fixture
def heard():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_texts_searched_by_then_are_the_answer(heard):
    texts = [f"a b c {i % 7} {i}" for i in range(1000)]
    presses = Presses(512)
    cut = span_nearness(texts[:40], texts[40:80], texts, rng=np.random.default_rng(1), progress=presses.update)
    whole = span_nearness(texts[:40], texts[40:80], texts, rng=np.random.default_rng(1))
    assert presses.done == len(cut.rows) == 512
    for name in ("rows", "distances", "tied"):
        np.testing.assert_array_equal(getattr(cut, name), getattr(whole, name)[:512])


def test_with_nothing_searched_the_interrupt_is_raised(monkeypatch):
    def pressed(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(spans, "_nearest", pressed)
    with pytest.raises(KeyboardInterrupt):
        span_nearness(["a"], ["b"], ["a"], rng=np.random.default_rng(0))
