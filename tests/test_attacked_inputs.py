"""Inputs that once gave a wrong number, a silent NaN, a hang or an error without a name, kind by kind, in one place.

Other inputs of these kinds are in the tests of each room; the fuzz (test_fuzz.py) draws more.
"""

import os
import time

import numpy as np
import pandas as pd
import pytest

import memgen_lite as mg

rng = np.random.default_rng(0)
T, H, G = rng.normal(size=(3, 66, 3))
COIN, TEXTS = mg.coin, [f"a rose is a rose {i}" for i in range(40)]


def metric(name, **given):
    return mg.metrics.compute(name, train=T, generated=G, **given)


def scaled(name, scale):
    return mg.metrics.compute(name, train=T * scale, generated=G * scale)


# Each is refused with the name that is in the words.
REFUSED = {
    "power of no share": (lambda: COIN.power(1.5, 10), "accuracy"),
    "power of no draws": (lambda: COIN.power(0.6, 0), "n must"),
    "power of half a draw": (lambda: COIN.power(0.6, 2.5), "n must"),
    "power of NaN": (lambda: COIN.power(float("nan"), 10), "accuracy"),
    "interval of fractions": (lambda: COIN.binomial_interval(2.9, 10.9), "n must"),
    "more right than asked": (lambda: COIN.binomial_interval(5, 3), "right"),
    "a null below 0": (lambda: COIN.betting_e_process([1, 0], null=-1), "null"),
    "a null of NaN": (lambda: COIN.betting_e_process([1, 0], null=float("nan")), "null"),
    "an alpha of 5": (lambda: COIN.confidence_sequence([1, 0], alpha=5), "alpha"),
    "an accuracy above 1": (lambda: COIN.posterior([1], 1.5), "at must"),
    "an accuracy of a coin": (lambda: COIN.raters_needed(0.5), "accuracy"),
    "memories in halves": (lambda: COIN.duplicate_probability(5.5, 10), "n_memories"),
    "no projections": (lambda: metric("sliced_wasserstein", n_projections=0), "projections"),
    "no rows": (lambda: metric("wasserstein", max_rows=0), "max_rows"),
    "k of one and a half": (lambda: metric("density", k=1.5), "k must"),
    "kid beyond its limit": (lambda: scaled("kid", 1e101), "1e"),
    "a rate that is a word": (lambda: mg.audit(T, H, G, q="x"), "q must"),
    "no rate": (lambda: mg.audit(T, H, G, q=None), "q must"),
    "half a relabeling": (lambda: mg.audit(T, H, G, n_relabelings=19.5), "n_relabelings"),
    "spaces that are a word": (lambda: mg.audit(T, H, G, spaces="x"), "spaces must"),
    "metrics that are a number": (lambda: mg.evaluate(T, H, G, metrics=5), "metrics"),
    "half a null": (lambda: mg.evaluate(T, H, G, n_null=19.5), "n_null"),
    "an order that is a word": (lambda: mg.text.NGram(order="x").fit(["a"]), "order"),
    "a discount that is a word": (lambda: mg.text.NGram(discount="x").fit(["a"]), "discount"),
    "a size that is a word": (lambda: mg.data.folder(".", size="x"), "size"),
    "a name that is empty": (lambda: mg.MemGEN().fit(T).save(""), "path"),
    "a dose too small to plan for": (lambda: mg.audit_plan(5e-324), "dose"),
    "held-out rows that were trained on": (lambda: mg.audit(T, T[:20], G), "held_out"),
    "rows too large for single precision": (lambda: mg.audit(T.astype("f4"), H, G * 1e300), "generated"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_makes_no_sense_is_refused_by_its_name(kind):
    call, words = REFUSED[kind]
    with pytest.raises((ValueError, TypeError)) as refused:
        call()
    assert words in str(refused.value), refused.value


@pytest.mark.parametrize("name", ["kde", "gmm", "gaussian"])
def test_a_peer_scores_what_it_can_and_refuses_the_rest_by_name(name):
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        mg.peers.peer(name, random_state=0).score_samples(T)
    frame = pd.DataFrame(T, columns=list("abc"))
    model = mg.peers.peer(name, random_state=0).fit(frame)
    assert np.isfinite(model.score(frame))
    for X in (T[None], None, frame[["c", "b", "a"]]):
        with pytest.raises((ValueError, TypeError)):
            model.score_samples(X)


@pytest.mark.parametrize(("name", "scale"), [("mmd_poly", 9e98), ("kid", 1e60), ("nndr", 1e-200)])
def test_a_number_at_the_end_of_the_scale_is_finite_or_refused(name, scale):
    try:
        found = scaled(name, scale)
    except ValueError as refused:
        assert str(refused)
    else:
        assert np.isfinite(found)


def test_rows_that_differ_by_less_than_squares_can_tell_are_refused():
    with pytest.raises(ValueError, match="train, held_out, generated must differ by 1e-150 or more"):
        mg.evaluate(T * 1e-200, H * 1e-200, G * 1e-200, ["kid", "nndr"], n_null=19)


@pytest.mark.parametrize("scale", [9e98, 1e60])
def test_what_an_evaluation_did_not_compute_has_a_reason(scale):
    found = mg.evaluate(T * scale, H * scale, G * scale, ["kid", "mmd_poly", "nndr", "domias"], n_null=19)
    for row in found.rows:
        assert row["verdict"] != "not computed" or row["reason"], row


def test_what_once_took_minutes_takes_seconds():
    start = time.perf_counter()
    assert COIN.raters_needed(0.5001) > 10**6
    levels = [pd.DataFrame({"c": rng.integers(2000, size=2500).astype(str), "x": rng.normal(size=2500)}) for _ in "abc"]
    mg.audit(*levels, n_relabelings=19, spaces=None)
    assert time.perf_counter() - start < 20


def test_texts_that_cannot_be_written_are_audited_and_shown():
    found = mg.audit([text + "\ud800" for text in TEXTS], [text + "\udfff" for text in TEXTS], TEXTS, n_relabelings=19)
    assert found._repr_html_().encode() and found.pairs(2)._repr_html_().encode() and repr(found)


def test_one_training_row_is_reported(tmp_path):
    mg.audit(T[:1], H, G).to_html(tmp_path / "one.html")
    assert (tmp_path / "one.html").stat().st_size > 1000


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes with names")
@pytest.mark.parametrize("load", [mg.MemGEN.load, mg.peers.load, mg.read_rows])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path, load):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises((ValueError, OSError), match="pipe"):
        load(tmp_path / "pipe")


@pytest.mark.parametrize("length", [200, 232, 233, 250, 255])
def test_a_name_as_long_as_the_system_allows_is_saved_and_loaded(tmp_path, length):
    mg.MemGEN(random_state=0).fit(T).save(tmp_path / ("n" * length))
    assert len(mg.MemGEN.load(tmp_path / ("n" * length))) == len(T)
