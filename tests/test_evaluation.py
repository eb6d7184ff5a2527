"""The table of all metrics: exact p-values, controls, and what it says when it can't say."""

import io
import json
import warnings

import numpy as np
import pandas as pd
import pytest

import memgen_lite as mg
from memgen_lite import evaluation

QUICK = ["energy", "nn_accuracy", "coverage", "vendi", "authenticity", "dcr_share", "membership_auc"]


def data(n=60, d=3, seed=0):
    return np.split(np.random.default_rng(seed).normal(size=(3 * n, d)), 3)


@pytest.fixture(scope="module")
def everything():
    """All metrics on MemGEN-P: 60 rows, all of them used."""
    T, H, more = data()
    return mg.evaluate(T, np.concatenate([H, more]), T)


def test_p_values_of_an_honest_generator_are_no_smaller_than_uniform():
    """60 honest samples at level .25: each metric's rejections are Binomial(60, .25) at most, and above 26 with
    probability .0008 (normal law, one metric); the corrected least p <= .25 likewise, and <= .05 above 9 with .0005."""
    single, least = [], []
    for seed in range(60):
        T, H, G = data(40, 2, seed)
        table = mg.evaluate(T, H, G, QUICK, n_null=19, random_state=seed).to_frame()
        single.append(table["p_single"].to_numpy())
        least.append(table["p_value"].min())
        assert (table["p_value"] >= table["p_single"]).all()
    assert np.sum(np.array(single) <= 0.25, axis=0).max() <= 26
    assert np.sum(np.array(least) <= 0.25) <= 26
    assert np.sum(np.array(least) <= 0.05) <= 9
    assert np.mean(single) == pytest.approx(0.525, abs=0.15)  # uniform on 1/20..1 has mean .525: not just large


def test_relabeling_is_exact_whatever_the_statistic():
    """Of 20 exchangeable values, p <= j/20 for at most j of them, each in turn taken as the observed one."""
    values = np.random.default_rng(0).standard_cauchy((20, 1, 2))
    values[3] = values[7]
    honest = np.random.default_rng(1).normal(size=(5, 1, 2))
    p = []
    for i in range(20):
        others = np.delete(values, i, axis=0)
        passes = {"observed": values[[i]], "memgen_u": values[:1], "memgen_p": values[:1], "relabeled": others}
        p.append(evaluation._rows(["energy"], {**passes, "honest": honest}, {})[0]["p_value"])
    assert all(np.sum(np.array(p) <= j / 20 + 1e-12) <= j for j in range(1, 21))
    assert min(p) == 0.05


def test_memgen_is_flagged_by_the_metrics_of_copying_and_passes_by_those_that_it_fools(everything):
    table = everything.to_frame()
    assert list(table.index) == mg.metrics.names()
    for name in ("authenticity", "nndr", "identical_share", "dcr_share", "nn_accuracy", "membership_auc"):
        assert table.verdict[name] == "like a copy", name
    assert set(table.verdict[["vendi", "alpha_precision", "c2st_logistic"]]) <= {"blind", "as honest"}
    assert table.loc["identical_share", "memgen_p"] == 1
    assert (table.loc["authenticity", ["train", "memgen_u", "memgen_p"]] == 0).all()
    assert table.memgen_p["mifid"] == table.memgen_u["mifid"] == np.inf
    assert everything.verdict.startswith("Told from an honest sample, on the side where MemGEN is, by ")
    assert "Here MemGEN itself passes as honest by " in everything.verdict
    assert "60 of all 60 generated rows are equal to a training row" in everything.warnings


def test_memgen_u_is_flagged():
    T, H, _ = data()
    table = mg.evaluate(T, H, mg.MemGEN(random_state=0).fit(T).sample(60), QUICK, n_null=19).to_frame()
    assert set(table.verdict[["authenticity", "dcr_share", "membership_auc"]]) == {"like a copy"}


def test_a_shifted_generator_is_off_and_no_copy():
    T, H, G = data()
    table = mg.evaluate(T, H, G + 3, QUICK, n_null=19)
    assert table.to_frame().verdict["energy"] == table.to_frame().verdict["nn_accuracy"] == "off"
    assert "not as MemGEN is, by energy" in table.verdict


def test_an_honest_sample_is_not_told():
    table = mg.evaluate(*data(seed=3), QUICK, n_null=19)
    assert table.verdict.startswith(f"Not told from an honest sample by any of the {len(QUICK)} metrics tested.")
    frame = table.to_frame()
    assert set(frame.verdict) <= {"as honest", "blind"}
    assert (frame.honest_low <= frame.honest).all() and (frame.honest <= frame.honest_high).all()


def test_values_are_those_of_compute_at_matched_sizes_and_the_honest_mean_is_the_known_one():
    T, H, G = data(90)
    table = mg.evaluate(T, H, G, ["dcr_share", "membership_auc", "density", "coverage"], n_null=99).to_frame()
    assert table.honest["dcr_share"] == pytest.approx(0.5, abs=0.05)
    assert table.honest["membership_auc"] == pytest.approx(0.5, abs=0.05)
    assert table.honest["density"] == pytest.approx(1, abs=0.1)
    r = 60
    assert table.honest["coverage"] == pytest.approx(
        1 - np.prod([(r - i) / (2 * r - i) for i in range(1, 6)]), abs=0.02
    )
    assert np.allclose(table.gap, table.train - table.held_out, equal_nan=True)
    assert table.held_out.isna().to_dict() == {
        "dcr_share": True, "membership_auc": True, "density": False, "coverage": False,
    }  # fmt: skip
    few = T[:40], H[:20], G[:20]  # 20 of each are drawn: all of H and of G
    one = mg.evaluate(*few, ["energy"], n_null=19).to_frame()
    assert one.held_out["energy"] == pytest.approx(mg.metrics.compute("energy", train=H[:20], generated=G[:20]))


@pytest.mark.parametrize("state", [0, 7])
def test_the_same_seed_gives_the_same_table(state):
    first, second = (mg.evaluate(*data(), QUICK, n_null=19, random_state=state).to_json() for _ in range(2))
    assert first == second


def test_the_sizes_are_matched_and_stated():
    T, H, G = data(70)
    table = mg.evaluate(T, H[:50], G[:45], ["energy"], n_null=19)
    assert table.stamp["rows"] == {"train": 70, "held_out": 50, "generated": 45}
    assert table.stamp["rows_used"] == 40  # a third of 120 real rows
    assert mg.evaluate(T, H, G[:30], ["energy"], n_null=19, max_rows=None).stamp["rows_used"] == 30
    small = mg.evaluate(T, H, G, "energy", n_null=19, max_rows=25)
    assert small.stamp["rows_used"] == 25 and "25 rows of each sample used" in repr(small)
    assert any("25 of 70 training rows were drawn" in line for line in small.warnings)


def test_rows_held_out_that_were_trained_on_are_told():
    T, H, G = data()
    same = mg.evaluate(T, T, G, ["energy"], n_null=19)
    assert same.warnings[0].startswith("every held-out row is a training row")
    some = mg.evaluate(T, np.concatenate([T[:5], H[5:]]), H, ["energy"], n_null=19)
    assert some.warnings[:2] == [
        "5 of 60 held-out rows are equal to a training row",
        "55 of all 60 generated rows are equal to a held-out row",
    ]
    assert "Warning: 5 of 60" in repr(some)


def test_a_metric_that_can_not_be_computed_stays_with_its_reason():
    T, H, G = data(40, 1)
    table = mg.evaluate(T, H, G, ["mifid", "energy"], n_null=19)
    row = table.to_frame().loc["mifid"]
    assert row.verdict == "not computed" and "needs 2 features" in row.reason and np.isnan(row.p_value)
    assert "needs 2 features" in repr(table) and "needs 2 features" in table._repr_html_()
    assert table.to_frame().p_value["energy"] > 0


def test_a_metric_that_fails_on_a_relabeling_is_not_tested():
    values = np.random.default_rng(0).normal(size=(20, 2, 2))
    values[4, 0] = np.nan
    passes = {"observed": values[:1], "memgen_u": values[:1], "memgen_p": values[:1], "relabeled": values[1:]}
    first, second = evaluation._rows(["energy", "mind"], {**passes, "honest": values[:6]}, {})
    assert first["reason"] == "no value for 1 of 19 relabelings, so no p-value" and np.isnan(first["p_value"])
    assert second["p_value"] > 0


def test_constant_rows_and_other_types_do_not_crash():
    T, H, G = (np.ones((40, 2), dtype=np.int8) for _ in range(3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = mg.evaluate(T, H, G, n_null=19)
    assert set(table.to_frame().verdict) <= {"blind", "as honest", "not computed"}
    half = mg.evaluate(*(X.astype(np.float16)[:, ::-1] for X in data()), ["energy"], n_null=19)
    assert half.to_frame().p_value["energy"] > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train": None}, "one of them is None"),
        ({"held_out": np.zeros((30, 2))}, "held_out must have 3 columns"),
        ({"generated": np.full((60, 3), np.nan)}, "generated must be finite"),
        ({"generated": np.zeros(60)}, "generated must be 2-D"),
        ({"held_out": np.zeros((19, 3))}, "needs 20 generated, 20 held-out and 60 real rows, got 60 .* 60 .* 19 held"),
        ({"metrics": ["frechet", "charm"]}, "no metric is called 'charm'"),
        ({"metrics": []}, "name one at least"),
        ({"n_null": 18}, "n_null must be 19 or more"),
        ({"max_rows": 5}, "max_rows must be 20 or more"),
    ],
)
def test_errors_say_what_is_wrong(change, message):
    with pytest.raises(ValueError, match=message):
        mg.evaluate(**{**dict(zip(("train", "held_out", "generated"), data(), strict=True)), **change})


def stop_after(monkeypatch, count):
    true, done = evaluation._values, []

    def values(*arguments):
        done.append(1)
        if len(done) > count:
            raise KeyboardInterrupt
        return true(*arguments)

    monkeypatch.setattr(evaluation, "_values", values)


def test_an_interrupt_keeps_what_is_done(monkeypatch):
    stop_after(monkeypatch, 3 + 32)
    table = mg.evaluate(*data(), ["energy"], n_null=99)
    assert table.stamp["n_null"] == 24 and table.stamp["n_honest"] == 8
    assert table.warnings[-1] == "interrupted: 24 of 99 relabelings were done"
    assert table.to_frame().p_value["energy"] >= 1 / 25


def test_an_interrupt_before_there_is_an_answer_is_raised(monkeypatch):
    stop_after(monkeypatch, 10)
    with pytest.raises(KeyboardInterrupt):
        mg.evaluate(*data(), ["energy"])


def test_text_fits_and_html_is_escaped_with_the_verdict_first(everything):
    assert max(map(len, repr(everything).splitlines())) <= 120
    assert repr(everything).split()[:3] == everything.verdict.split()[:3]
    head = "<div><p><b>" + everything.verdict.split(" by ")[0]
    assert everything._repr_html_().startswith(head)
    assert everything._repr_html_().count("<tr") == 1 + len(mg.metrics.names())
    row = {**everything.rows[0], "reason": "a < b & c"}
    assert "<td>a &lt; b &amp; c</td>" in evaluation.Evaluation([row], ["<x>"], everything.stamp)._repr_html_()
    assert "<x>" not in evaluation.Evaluation([row], ["<x>"], everything.stamp)._repr_html_()


def test_exports_hold_the_table(everything, tmp_path):
    loaded = json.loads(everything.to_json(), parse_constant=pytest.fail)
    assert loaded["verdict"] == everything.verdict and loaded["random_state"] == "0"
    assert set(loaded["versions"]) == {"memgen_lite", "python", "numpy", "scipy", "scikit-learn"}
    assert loaded["conventions"]["coverage"] == mg.metrics.get("coverage").conventions
    by_name = {row["metric"]: row for row in loaded["table"]}
    assert by_name["mifid"]["memgen_p"] == "inf" and by_name["vendi"]["held_out"] is None
    everything.to_json(tmp_path / "table.json")
    assert (tmp_path / "table.json").read_text() == everything.to_json()
    everything.to_csv(tmp_path / "table.csv")
    again = pd.read_csv(io.StringIO((tmp_path / "table.csv").read_text()), index_col="metric", keep_default_na=True)
    pd.testing.assert_frame_equal(again.fillna({"reason": ""}), everything.to_frame(), check_dtype=False)
