"""From values to p-values, intervals and verdicts."""

import numpy as np
import pytest

from memgen_lite.evaluation.calibration import calibrated, draw_passes


def passes(relabeled, honest, observed=None, controls=None):
    observed = relabeled[:1] if observed is None else observed
    controls = observed if controls is None else controls
    return {
        "observed": observed, "memgen_u": controls, "memgen_p": controls, "relabeled": relabeled, "honest": honest,
    }  # fmt: skip


def test_relabeling_is_exact_whatever_the_statistic():
    """Of 20 exchangeable values, p <= j/20 for at most j of them, each in turn taken as the observed one."""
    values = np.random.default_rng(0).standard_cauchy((20, 1, 2))
    values[3] = values[7]
    honest = np.random.default_rng(1).normal(size=(5, 1, 2))
    p = []
    for i in range(20):
        others = passes(np.delete(values, i, axis=0), honest, values[[i]])
        p.append(calibrated(["energy"], others, {"energy": (9, 9)}, {})[0]["p_value"])
    assert all(np.sum(np.array(p) <= j / 20 + 1e-12) <= j for j in range(1, 21))
    assert min(p) == 0.05


def test_the_corrected_p_is_that_of_the_farthest_metric():
    """With the larger of 2 alike metrics, each relabeling's: p over the table is never below that of one."""
    values = np.random.default_rng(0).normal(size=(100, 2, 2))
    honest = np.random.default_rng(1).normal(size=(5, 2, 2))
    tiers = {"energy": (9, 9), "mind": (9, 9)}
    for i in range(20):
        rows = calibrated([*tiers], passes(np.delete(values, i, axis=0), honest, values[[i]]), tiers, {})
        assert all(row["p_value"] >= row["p_single"] for row in rows)
        assert min(row["p_value"] for row in rows) > min(row["p_single"] for row in rows) or rows[0]["p_value"] < 0.05


def test_a_metric_that_fails_on_a_relabeling_is_not_tested():
    values = np.random.default_rng(0).normal(size=(20, 2, 2))
    values[4, 0] = np.nan
    tiers = {"energy": (9, 9), "mind": (9, 9)}
    first, second = calibrated([*tiers], passes(values[1:], values[:6], values[:1]), tiers, {})
    assert first["reason"] == "no value for 1 of 19 relabelings, so no p-value" and np.isnan(first["p_value"])
    assert second["p_value"] > 0


def test_there_is_no_gap_between_values_of_different_sizes():
    values = np.random.default_rng(0).normal(size=(21, 1, 2))
    values[1:, :, 1] = np.nan  # not computed
    one = passes(values[1:], values[1:7], values[:1])
    row = calibrated(["authenticity"], one, {"authenticity": (30, 9)}, {})[0]
    assert np.isnan(row["gap"]) and row["train_rows"] == 30 and row["rows"] == 9
    assert row["held_out"] == values[0, 0, 1] and row["p_value"] > 0


@pytest.mark.parametrize(
    ("observed", "control", "verdict"), [(9.0, 8.0, "like a copy"), (9.0, -8.0, "off"), (0.0, 8.0, "as honest"),
                                         (0.0, 0.1, "blind")]
)  # fmt: skip
def test_the_verdict_says_on_which_side_and_whether_memgen_is_told(observed, control, verdict):
    values = np.random.default_rng(0).normal(size=(60, 1, 2))
    values[..., 1] = 0
    made = passes(values[:40], values[40:], np.array([[[observed, 0.0]]]), np.array([[[control, 0.0]]]))
    row = calibrated(["energy"], made, {"energy": (9, 9)}, {})[0]
    assert row["verdict"] == verdict
    assert row["honest_low"] < row["honest"] < row["honest_high"]


def test_infinite_values_are_compared_by_their_inverse():
    values = np.full((20, 1, 2), np.inf)
    values[0] = 5.0
    made = passes(values[1:], values[1:7], values[:1])
    assert calibrated(["birthday_support"], made, {"birthday_support": (9, 9)}, {})[0]["p_value"] == 0.05


def test_infinite_controls_are_on_the_side_of_what_is_large():
    """MemGEN's mifid is infinite; that of a copier of some rows is large, against train and against held-out rows."""
    values = np.random.default_rng(0).normal(size=(99, 1, 2))
    made = passes(values, values[:9], np.array([[[90.0, 40.0]]]), np.array([[[np.inf, 1.0]]]))
    assert calibrated(["mifid"], made, {"mifid": (9, 9)}, {})[0]["verdict"] == "like a copy"


def test_samples_are_of_the_sizes_asked_for_and_fresh_ones_share_no_row():
    N, K, n, r = 60, 30, 40, 20
    tiers = [(n, r), (r, r), (7, 7)]
    passes = draw_passes(N, K, n, r, 6, tiers, np.random.default_rng(0))
    kinds = [kind for kind, _ in passes]
    assert kinds == ["observed", "memgen_u", "memgen_p", *["relabeled"] * 3, "honest", *["relabeled"] * 3, "honest"]
    both = np.arange(N + K - r, N + K + r)
    for kind, samples in passes:
        for size, (t, h, g) in samples.items():
            assert (len(t), len(h), len(g)) == (size[0], size[1], size[1])
            for small, large in zip((t, h), samples[n, r], strict=False):
                np.testing.assert_array_equal(small, large[: len(small)])
            if kind == "honest":
                assert len({*t, *h, *g}) == size[0] + 2 * size[1] and max(*t, *h, *g) < N + K
            elif kind.startswith("memgen"):
                assert set(g) <= set(t) and (kind == "memgen_u" or len(set(g)) == len(g))
                np.testing.assert_array_equal(h, passes[0][1][size][1])
            else:
                np.testing.assert_array_equal(t, np.arange(len(t)))
                assert {*h, *g} <= set(both) and not {*h} & {*g}
                if size[1] == r:
                    assert {*h, *g} == set(both)
                if kind == "observed":
                    assert max(h) < N + K <= min(g)


def test_the_few_rows_of_a_slow_metric_are_the_first_of_each_label_in_one_order():
    """The first 7 of 40 rows are generated ones in half of 2,000 relabelings; below 850 is 6.7 standard deviations."""
    passes = draw_passes(60, 30, 40, 20, 2000, [(7, 7)], np.random.default_rng(0))
    drawn = [samples[7, 7][2] for kind, samples in passes if kind == "relabeled"]
    counts = np.bincount(np.concatenate(drawn), minlength=110)[70:]
    order = np.argsort(-counts)
    assert counts.sum() == 14000
    assert counts[order[:7]].min() > 850 and counts[order[-7:]].max() < 5  # about half, of the first; none, of the last
