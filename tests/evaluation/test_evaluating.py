"""The table of all metrics: exact p-values, controls, and what it says when it can't say."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import memgen_lite as mg
from memgen_lite.evaluation import evaluating

QUICK = ["energy", "nn_accuracy", "coverage", "vendi", "authenticity", "dcr_share", "membership_auc"]


def data(n=60, d=3, seed=0):
    return np.split(np.random.default_rng(seed).normal(size=(3 * n, d)), 3)


@pytest.fixture(scope="module")
def everything():
    """All metrics on MemGEN-P: 60 rows, all of them used."""
    T, H, more = data()
    return mg.evaluate(T, np.concatenate([H, more]), T, n_null=39)


@pytest.mark.simulation
def test_p_values_of_an_honest_generator_are_no_smaller_than_uniform(monkeypatch):
    """60 honest samples at level .25: each metric's rejections are Binomial(60, .25) at most, and above 26 with
    probability .0008 (normal law, one metric); the corrected least p <= .25 likewise, and <= .05 above 9 with .0005."""
    single, least = [], []
    monkeypatch.setitem(evaluating.SLOW, "wasserstein", 20)  # of the 26 that the others take
    for seed in range(60):
        T, H, G = data(40, 2, seed)
        table = mg.evaluate(T, H, G, [*QUICK, "wasserstein"], n_null=19, random_state=seed).to_frame()
        assert table.rows.to_dict() == {**dict.fromkeys(QUICK, 26), "wasserstein": 20}
        single.append(table["p_single"].to_numpy())
        least.append(table["p_value"].min())
        assert (table["p_value"] >= table["p_single"]).all()
    assert np.sum(np.array(single) <= 0.25, axis=0).max() <= 26
    assert np.sum(np.array(least) <= 0.25) <= 26
    assert np.sum(np.array(least) <= 0.05) <= 9
    assert np.mean(single) == pytest.approx(0.525, abs=0.15)  # uniform on 1/20..1 has mean .525: not just large


@pytest.mark.simulation
def test_the_honest_interval_holds_a_fresh_sample_as_often_as_it_says():
    """It runs from the 2nd least to the 2nd largest of 33 honest values: a 34th is inside 30 times in 34.

    Of 40 fresh samples 35.3 in the mean; fewer than 28 have probability .0005 (binomial law), for each of 4 metrics.
    All 160 together: 141 in the mean; the 157 that a far too wide one has, .000004 if metrics were unrelated.
    """
    names = ["energy", "density", "nndr", "dcr_share"]
    inside = np.zeros(4, dtype=int)
    for seed in range(40):
        table = mg.evaluate(*data(30, 3, 100 + seed), names, random_state=seed).to_frame()
        inside += ((table.honest_low <= table.train) & (table.train <= table.honest_high)).to_numpy()
    assert inside.min() >= 28
    assert inside.sum() < 157


def test_memgen_is_flagged_by_the_metrics_of_copying_and_passes_by_those_that_it_fools(everything):
    table = everything.to_frame()
    assert list(table.index) == mg.metrics.names()
    for name in ("authenticity", "nndr", "identical_share", "dcr_share", "nn_accuracy", "membership_auc"):
        assert table.verdict[name] == "like a copy", name
    assert set(table.verdict[["vendi", "alpha_precision", "c2st_logistic"]]) <= {"blind", "as honest"}
    assert table.loc["identical_share", "memgen_p"] == 1
    assert (table.loc["authenticity", ["train", "memgen_u", "memgen_p"]] == 0).all()
    assert table.memgen_p["mifid"] == table.memgen_u["mifid"] == np.inf
    assert everything.verdict.startswith("A copy, in whole or in part")
    assert " Told from fresh data, on the side where MemGEN is: " in everything.verdict
    assert " Here MemGEN itself passes: " in everything.verdict
    assert "60 of all 60 generated rows are equal to a training row" in everything.warnings


def test_memgen_u_is_flagged():
    T, H, more = data()
    drawn = mg.MemGEN(random_state=0).fit(T).sample(60)
    table = mg.evaluate(T, np.concatenate([H, more]), drawn, QUICK, n_null=39).to_frame()
    assert set(table.verdict[["authenticity", "dcr_share", "membership_auc"]]) == {"like a copy"}


def test_a_shifted_generator_is_off_and_no_copy():
    T, H, G = data()
    table = mg.evaluate(T, H, G + 3, QUICK, n_null=19)
    assert table.to_frame().verdict["energy"] == table.to_frame().verdict["nn_accuracy"] == "off"
    assert table.verdict.startswith("Worse than fresh data: ")
    assert "not as MemGEN is: energy" in table.verdict


def test_an_honest_sample_is_not_told():
    table = mg.evaluate(*data(seed=3), QUICK, n_null=19)
    none = f"none of {len(QUICK)} metrics tells these rows from fresh ones"
    assert table.verdict.startswith(f"As good as fresh data: {none}.")
    frame = table.to_frame()
    assert set(frame.verdict) <= {"as honest", "blind"}
    assert (frame.honest_low <= frame.honest).all() and (frame.honest <= frame.honest_high).all()


def test_values_are_those_of_compute_at_matched_sizes_and_the_honest_mean_is_the_known_one():
    T, H, G = data(240)
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


def test_few_training_rows_beside_many_held_out_ones_stand_for_themselves():
    """The rest of a larger sample would have been held-out rows, and every value against train one against both."""
    rng = np.random.default_rng(0)
    T, H, G = rng.normal(size=(40, 3)), rng.normal(size=(400, 3)), rng.normal(size=(400, 3))
    table = mg.evaluate(T, H, G, ["coverage", "frechet"], n_null=19)
    assert table.stamp["rows_used"] == table.stamp["train_rows_used"] == 40
    H[:, 0] += 50
    moved = mg.evaluate(T, H, G, ["frechet"], n_null=19).to_frame().loc["frechet"]
    assert moved.train < 3 and moved.held_out > 2000


def test_where_few_rows_are_wanted_few_are_searched(monkeypatch):
    sizes = []
    pool = evaluating.SearchedRows
    monkeypatch.setattr(evaluating, "SearchedRows", lambda rows: sizes.append(len(rows)) or pool(rows))
    T, H, G = data(3000)
    G[:1500] = T[:1500]
    table = mg.evaluate(T, H, G, ["dcr_share", "energy"], n_null=39, max_rows=100)
    assert sizes == [700] and table.stamp["rows_used"] == table.stamp["train_rows_used"] == 100
    assert table.stamp["rows"] == {"train": 3000, "held_out": 3000, "generated": 3000}
    assert any("1,500 of all 3,000 generated rows are equal to a training row" in line for line in table.warnings)
    assert table.nearer["p_value"] >= 0 and len(table.to_frame()) == 2


def test_rows_held_out_that_were_trained_on_are_told():
    T, H, G = data()
    same = mg.evaluate(T, T, G, ["energy"], n_null=19)
    assert same.warnings[0].startswith("every row of held_out is a row of train")
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


@pytest.mark.parametrize("rows", [40, 60, 90])
def test_c_t_has_a_p_value_in_small_evaluations(rows):
    table = mg.evaluate(*(np.random.default_rng(i).normal(size=(rows, 3)) for i in range(3)), ["c_t"], n_null=19)
    assert table.to_frame()["p_value"]["c_t"] > 0


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
        ({"held_out": np.zeros((30, 2))}, r"held_out must have rows of shape \(3,\) as train has"),
        ({"generated": np.full((60, 3), np.nan)}, "generated must be finite"),
        ({"generated": np.full((60, 1), 1.0)}, r"generated must have rows of shape \(3,\)"),
        ({"held_out": np.zeros((19, 3))}, "needs 20 training, .* 60 real ones, got 60 .* 19 held"),
        ({"train": np.zeros((19, 3))}, "needs 20 training, .* 60 real ones, got 19 training, 60 held-out"),
        ({"metrics": ["frechet", "charm"]}, "no metric is called 'charm'"),
        ({"metrics": []}, "names one at least, got"),
        ({"n_null": 18}, "n_null must be 19 or more"),
        ({"max_rows": 5}, "max_rows must be 20 or more"),
    ],
)
def test_errors_say_what_is_wrong(change, message):
    with pytest.raises(ValueError, match=message):
        mg.evaluate(**{**dict(zip(("train", "held_out", "generated"), data(), strict=True)), **change})


def stop_after(monkeypatch, count):
    def one_by_one(function, _):
        yield from map(function, range(1, count))
        raise KeyboardInterrupt

    monkeypatch.setattr(evaluating, "in_parallel", one_by_one)


def test_an_interrupt_keeps_what_is_done(monkeypatch):
    stop_after(monkeypatch, 3 + 32)
    table = mg.evaluate(*data(), ["energy", "coverage"], n_null=99)
    assert table.stamp["n_null"] == 24 and table.stamp["n_honest"] == 8
    assert table.warnings[-1] == "interrupted: 24 of 99 relabelings were done"
    assert (table.to_frame().p_value >= 1 / 25).all()


def test_an_interrupt_before_there_is_an_answer_is_raised(monkeypatch):
    stop_after(monkeypatch, 10)
    with pytest.raises(KeyboardInterrupt):
        mg.evaluate(*data(), ["energy"])


def test_values_are_those_of_compute_with_the_options_of_the_stamp():
    """Of 40 training, 80 held-out and 40 generated rows all training and generated ones are used."""
    rng = np.random.default_rng(0)
    T, H, G = np.round(rng.normal(size=(40, 4)), 1), rng.normal(size=(80, 4)), np.round(rng.normal(size=(40, 4)), 1)
    G[:10], G[10:13] = T[:10], G[13]  # copies, and repeats of one row
    compared = [name for name in mg.metrics.names() if mg.metrics.get(name).needs != "both"]
    compared = [name for name in compared if name not in evaluating.SLOW]
    assert len(compared) >= 21
    table = mg.evaluate(T, H, G, [*compared, "c_t"], n_null=19)
    assert table.stamp["options"] == {
        "mmd_rbf": "bandwidth: of the training rows, the same in all columns",
        "kid": "subsets=None: all pairs at once",
        "c_t": "centers: of the training rows, the same in all columns; fewer than 5 of fewer than 101 rows",
    }
    for name, row in table.to_frame().loc[compared].iterrows():
        options = {"subsets": None} if name == "kid" else {}
        seed = int(np.random.default_rng(0).integers(2**31))
        value = mg.metrics.compute(name, train=T, generated=G, random_state=seed, **options)
        assert row.train == pytest.approx(value, rel=1e-9, abs=1e-12), name


def test_metrics_of_copying_see_all_training_rows_that_leave_room_for_honest_parts():
    T, more = data(150)[0], data(60, seed=1)
    table = mg.evaluate(T, more[0], more[1][:50], [*QUICK, "wasserstein", "nndr"], n_null=19)
    frame = table.to_frame()
    assert table.stamp["rows_used"] == 50 and table.stamp["train_rows_used"] == 110  # 210 real rows less 2 * 50
    copying = ["authenticity", "dcr_share", "membership_auc", "nndr"]
    assert frame.train_rows.to_dict() == {n: 110 if n in copying else 50 for n in frame.index}
    assert (frame.rows == 50).all()
    assert frame.gap[["authenticity", "nndr"]].isna().all() and not frame.gap[["energy", "coverage"]].isna().any()
    assert frame.held_out["authenticity"] > 0  # a value, of another size
    assert frame.memgen_p["authenticity"] == 0 and frame.memgen_p["energy"] == 0
    assert frame.honest["dcr_share"] == pytest.approx(110 / 160, abs=0.1)
    assert "(110 training rows by the metrics of copying, whose gaps are left out)" in " ".join(repr(table).split())


def test_slow_metrics_take_fewer_rows_and_say_so(monkeypatch):
    monkeypatch.setitem(evaluating.SLOW, "wasserstein", 25)
    T, H, _ = data()
    table = mg.evaluate(T, H, T[::-1], ["wasserstein", "energy"], n_null=19)
    frame = table.to_frame()
    assert frame.rows.to_dict() == frame.train_rows.to_dict() == {"wasserstein": 25, "energy": 40}
    assert frame.memgen_p["wasserstein"] == 0  # the control remembers what the metric sees
    assert "Metrics that cost more than pairs of rows do took fewer rows: 25." in repr(table)


@pytest.mark.parametrize("name", sorted(evaluating.SLOW))
def test_a_slow_metric_alone_is_that_of_all_together(name, monkeypatch):
    monkeypatch.setitem(evaluating.SLOW, name, 25)
    T, H, _ = data()
    alone, beside = (mg.evaluate(T, H, T[::-1], names, n_null=19).to_frame() for names in ([name], [name, "energy"]))
    assert alone.rows[name] == 25 < beside.rows["energy"]
    shown = ["train", "held_out", "honest", "memgen_p", "memgen_u", "p_single"]
    pd.testing.assert_frame_equal(alone.loc[[name], shown], beside.loc[[name], shown])


def test_a_copy_hidden_among_many_rows_is_seen():
    """40 of 900 generated rows are copies, to a tiny jitter: of 300 rows drawn there would be 4 beside their original.

    Under the null the share of copies in the relabeled sample is 20 of 40 in the mean, with 3.2 standard deviation.
    """
    rng = np.random.default_rng(0)
    T, H, G = rng.normal(size=(900, 5)), rng.normal(size=(1800, 5)), rng.normal(size=(900, 5))
    G[:40] = T[:40] + 1e-6 * rng.normal(size=(40, 5))
    table = mg.evaluate(T, H, G, ["nndr", "lambda_gamma_copying", "coverage"], n_null=39).to_frame()
    assert (table.rows == 900).all()
    assert table.verdict["lambda_gamma_copying"] == "like a copy"
    assert (
        mg.evaluate(T, H, G, ["nndr", "lambda_gamma_copying"], n_null=39, max_rows=60).to_frame().p_value.min() > 0.05
    )


ERRORS = [UnboundLocalError("gradient"), ZeroDivisionError(), MemoryError(), KeyError("x"), ValueError("it needs more")]


PLACES = ["a metric", "a kernel sweep", "a sliced sweep", "cells", "bandwidth", "search"]


@pytest.mark.parametrize(
    "place, error", [*((place, ERRORS[0]) for place in PLACES), *(("a metric", error) for error in ERRORS[1:])]
)
def test_whatever_goes_wrong_with_a_metric_the_others_have_their_values(place, error, monkeypatch):
    def broken(*_, **__):
        raise error

    chosen = ["frechet", "energy", "mmd_rbf", "sliced_wasserstein", "c_t", "density"]
    whole = mg.evaluate(*data(240), chosen, n_null=19).to_frame()
    lost = {
        "a metric": ["frechet"],
        "a kernel sweep": ["energy", "mmd_rbf"],
        "a sliced sweep": ["sliced_wasserstein"],
        "cells": ["c_t"],
        "bandwidth": ["mmd_rbf"],
        "search": ["density", "c_t"],
    }[place]
    if place == "a metric":
        monkeypatch.setattr(mg.metrics.get("frechet").function, "on_checked", broken)
    elif place == "search":
        monkeypatch.setattr(evaluating.SearchedRows, "search", lambda self: (broken() for _ in range(3)))
    else:
        names = {"cells": "cell_centers", "bandwidth": "median_distance"}
        names |= {"a kernel sweep": "kernel_values", "a sliced sweep": "sliced_values"}
        monkeypatch.setattr(evaluating, names[place], lambda *given: (broken() for _ in range(2)))
        if place in ("cells", "bandwidth"):
            monkeypatch.setattr(evaluating, names[place], broken)
    found = mg.evaluate(*data(240), chosen, n_null=19).to_frame()
    for name in chosen:
        if name in lost:
            assert found.verdict[name] == "not computed"
            assert np.isnan(found.train[name])
            assert str(error.args[0] if error.args else type(error).__name__) in found.reason[name]
        else:
            assert found.loc[name, ["train", "held_out", "memgen_u"]].tolist() == pytest.approx(
                whole.loc[name, ["train", "held_out", "memgen_u"]].tolist(), rel=1e-12, nan_ok=True
            )
            assert found.reason[name] == ""


@pytest.mark.parametrize("factor", [1e-149, 1e-60, 1e60, 9e98])
def test_what_has_no_value_says_why_and_what_has_one_is_calibrated_whatever_the_unit(factor):
    plain = mg.evaluate(*data(), n_null=19).to_frame()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = mg.evaluate(*(factor * X for X in data()), n_null=19).to_frame()
    missing = found.index[found.train.isna()]
    assert all(found.reason[missing].str.len() > 20)
    assert {*missing} - {*plain.index[plain.train.isna()]} == ({"mmd_poly", "kid"} if factor > 1e50 else set())
    free = ["nn_accuracy", "density", "coverage", "authenticity", "nndr", "frechet", "sliced_wasserstein"]
    assert found.p_single[free].tolist() == pytest.approx(plain.p_single[free].tolist())


def test_evaluations_that_overlap_leave_blas_as_it_was(monkeypatch):
    monkeypatch.setattr("joblib.cpu_count", lambda: 2)
    with threadpool_limits(2):
        before = [library["num_threads"] for library in threadpool_info()]
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda seed: mg.evaluate(*data(seed=seed), ["energy", "density"], n_null=19), range(6)))
        assert [library["num_threads"] for library in threadpool_info()] == before
