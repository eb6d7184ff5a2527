"""How an audit says what it found: a verdict, a page, a plot, JSON, and the ladder of familiar models."""

import copy
import json
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from audited import COPIER, NOISE, H, T
from threadpoolctl import threadpool_info

import memgen_lite as mg
from memgen_lite.auditing import figure, ladder, words

rng = np.random.default_rng(1)


@pytest.fixture(scope="module")
def copier():
    return mg.audit(T, H, COPIER)


@pytest.fixture(scope="module")
def blind():
    return mg.audit(T, H, NOISE)


@pytest.mark.parametrize("dose", [-0.0, -1e-18, -0.0004])
def test_what_rounds_to_zero_is_never_said_to_be_negative(blind, dose, tmp_path):
    beside = copy.copy(blind)
    beside.dose, beside.dose_interval = dose, (min(dose, -1e-17), 0.004)
    beside.ladder = pd.DataFrame({"model": ["Gaussian"], "dose": [dose], "low": [dose], "high": [0.1], "named": [0]})
    beside.to_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    for text in (beside.verdict, figure.alt(beside), words.kept_limit(beside, 0.5), page):
        assert "0.00" in text or "0%" in text or "-0.04%" in text
        assert not re.findall(r"(?<![\w.])[-−]0(?:\.0+)?(?![.\d])", re.sub('<svg.*?</svg>|base64,[^"]*', "", text))


def test_what_stands_out_is_said_in_the_verdict():
    few = mg.audit(T, H, T[:1] + 0.3 * rng.normal(size=(300, 6)))
    assert few.verdict.startswith("Can't tell")
    faint = np.concatenate([T[:6], NOISE[6:]])
    found = mg.audit(T, H, faint)
    assert len(found.exact_matches) == 6 and found.copies.empty
    assert "6 training rows were generated exactly" in repr(found)
    assert "6 training rows were generated exactly" in found._repr_html_()
    assert found.suspects["train_row"].tolist() == list(range(6)) and found.level == 1 / 6
    assert found.p_value <= 0.05 and found.verdict.startswith("Copies: 0% to ")
    assert "6 training rows are closer than any held-out row (17% of such may be chance)" in found.verdict
    assert "in .suspects" not in repr(found) and len(found.pairs()) == 6
    leaning = mg.audit(T, H, np.repeat(T, 3, axis=0) + 0.8 * rng.normal(size=(900, 6)), n_relabelings=199)
    assert leaning.p_value <= 0.05 and leaning.verdict.startswith("Leans on its training rows")


def test_findings_are_written_as_json(copier, tmp_path):
    found = json.loads(copier.to_json())
    assert found["p_value"] == 0.001 and len(found["copies"]) == len(copier.copies)
    assert found["rows"] == {"train": 300, "held_out": 300, "generated": 300} and "ladder" not in found
    assert copier.to_json(tmp_path / "audit.json") is None
    assert json.loads((tmp_path / "audit.json").read_text()) == found


def test_the_terminal_shows_the_closest(copier, blind):
    text = repr(copier)
    assert "Copies" in text and "more, in .copies" in text and "seed 0" in text
    assert max(map(len, repr(blind).splitlines())) <= 120


def test_the_ladder_rises_to_memgen():
    found = mg.audit(T[:120], H[:120], NOISE[:100])
    rungs = found.ladder
    assert rungs["model"].iloc[-1] == "MemGEN" and rungs["dose"].iloc[-1] == 1
    assert rungs["dose"].iloc[0] < 0.4
    assert found.ladder is rungs and len(found.to_dict()["ladder"]) == len(rungs)
    assert found.placed.startswith(("below a", "between a"))
    wide = rng.normal(size=(3, 70, 1100))
    assert mg.audit(*wide, n_relabelings=19).ladder["dose"].iloc[-1] == 1
    assert mg.audit(["ab", "cd"] * 20, ["ef", "cd"] * 20, ["ab"] * 20, n_relabelings=19).placed == ""


def test_many_small_steps_wait_for_no_other_thread(monkeypatch):
    """On a busy machine that is the difference between ten seconds and minutes."""

    def limits(*_):
        found.update(pool["num_threads"] for pool in threadpool_info())
        return []

    found = set()
    monkeypatch.setattr("memgen_lite.auditing.auditing.check", limits)
    monkeypatch.setattr("memgen_lite.auditing.report.ladder", limits)
    audited = mg.audit(T[:60], H[:60], NOISE[:60], n_relabelings=19)
    assert found == {1}
    found.clear()
    assert audited.ladder == [] and found == {1}


def test_the_ladder_has_the_groups_of_the_audit():
    """Five rows a group, nearly equal: told of the groups, a Gaussian does not seem to copy."""
    center = np.repeat(rng.normal(size=(60, 3)), 5, axis=0)
    rows = center + 0.01 * rng.normal(size=center.shape)
    number = np.repeat(np.arange(60), 5)
    found = mg.audit(rows[:150], rows[150:], rows[:100], groups=(number[:150], number[150:]), n_relabelings=99)
    assert found._measured.groups is not None and "groups" in found.verdict
    assert found.ladder["low"].iloc[0] == 0 and found.ladder["high"].iloc[-1] == 1


def test_a_dose_is_placed_between_two_rungs():
    rungs = pd.DataFrame({"model": ["Gaussian", "mixture of 5", "MemGEN"], "dose": [0.05, 0.3, 1.0]})
    assert ladder.place(0.0, rungs) == "below a Gaussian"
    assert ladder.place(0.1, rungs) == "between a Gaussian and a mixture of 5"
    assert ladder.place(1.1, rungs) == "at or above MemGEN"


def test_an_audit_of_one_training_row_is_written(tmp_path):
    rng = np.random.default_rng(0)
    found = mg.audit(rng.normal(size=(1, 3)), rng.normal(size=(50, 3)), rng.normal(size=(40, 3)))
    found.to_html(tmp_path / "page.html")
    assert found.ladder is None
    assert "<h1>" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("unlike", [lambda X: 1e30 * X, lambda X: X + 1.5, lambda X: 1e50 * X])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_nobody_is_accused_where_held_out_rows_are_not_like_training_rows(unlike, dtype):
    rng = np.random.default_rng(1)
    train, held_out, generated = (rng.normal(size=(n, 3)) for n in (60, 60, 40))
    found = mg.audit(train.astype(dtype), unlike(held_out), generated)
    assert found.p_value <= 0.05  # it is no p-value here
    assert found.verdict.startswith("Can't tell: held-out rows are not like training rows")
    assert not found.exceeds(0)
    assert "whether it is kept can't be told" in words.kept_limit(found, 0.1)
    assert len(found.listed) == 0
    assert "train_row" not in repr(found)


@pytest.mark.parametrize("many", [1, 2, 4])
def test_too_few_rows_acquit_nobody(many):
    X = np.random.default_rng(3).normal(size=(200, 3))
    with warnings.catch_warnings(action="error"):  # scikit-learn has words on a sample of one
        fresh, copied = (mg.audit(X[:100], X[100:], X[at : at + many] + 0.001).verdict for at in (150, 0))
    assert fresh.startswith("Can't tell: only ") and "too few to bound how many are copied" in fresh
    assert not copied.startswith("No sign")


def test_a_model_that_hits_every_row_is_acquitted():
    rng = np.random.default_rng(0)
    verdict = mg.audit(*rng.normal(size=(2, 40, 2)), rng.normal(size=(3000, 2))).verdict
    assert verdict.startswith("No sign of copying: ")


def test_where_an_interval_leaves_out_0_and_p_is_large_chance_is_named():
    def table(rng):
        words = [" ".join(rng.choice(list("abcdefghijklmnop"), 12)) for _ in range(150)]
        return pd.DataFrame({"t": words, "n": rng.normal(size=150), "c": rng.choice(list("xyz"), 150)})

    rng = np.random.default_rng(1005)
    report = mg.audit(table(rng), table(rng), table(rng), n_relabelings=99)
    assert report.dose_interval[0] > 0 and report.p_value > 0.05
    assert report.verdict.startswith("No sign of copying: chance may explain that 16% (2.67% to 29%) of generated rows")


def test_long_floats_are_audited_as_floats():
    X = np.random.default_rng(0).normal(size=(3, 100, 3))
    assert mg.audit(*X.astype("longdouble")).to_json() == mg.audit(*X).to_json()
