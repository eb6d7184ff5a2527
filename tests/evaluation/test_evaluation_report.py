"""How the table of all metrics shows and stores itself."""

import io
import json

import numpy as np
import pandas as pd
import pytest

import memgen_lite as mg
from memgen_lite.evaluation.report import Evaluation


@pytest.fixture(scope="module")
def everything():
    """All metrics on MemGEN-P."""
    T, H, more = np.split(np.random.default_rng(0).normal(size=(120, 3)), 3)
    return mg.evaluate(T, np.concatenate([H, more]), T, n_null=19)


def test_text_fits_with_the_verdict_first_and_numbers_in_columns(everything):
    lines = repr(everything).splitlines()
    assert max(map(len, lines)) <= 120
    assert lines[0].split()[:3] == everything.verdict.split()[:3]
    top = next(i for i, line in enumerate(lines) if line.startswith("metric "))
    table = lines[top + 1 : top + 1 + len(mg.metrics.names())]
    assert [line.split()[0] for line in table] == mg.metrics.names()
    for key, shown in (("held_out", "held-out"), ("train", "train"), ("memgen_p", "MemGEN-P")):
        end = lines[top].index(shown) + len(shown)
        for line, row in zip(table, everything.rows, strict=True):
            cell = line[end - 9 : end].strip()
            assert float(cell or "nan") == pytest.approx(row[key], rel=0.05, nan_ok=True)
    assert {len(line) for line in table} == {len(lines[top])}


def test_notes_tell_what_was_used(everything):
    text = " ".join(repr(everything).split())
    assert "40 rows of each sample used, of 40 train, 80 held-out, 40 generated; 3 features" in text
    assert "p from 19 relabelings" in text and "kid with subsets=None" in text and "Seed 0;" in text
    stamp = {**everything.stamp, "train_rows_used": 90, "rows_used": 500}
    more = " ".join(repr(Evaluation(everything.rows, [], stamp)).split())
    assert "(90 training rows by the metrics of copying, whose gaps are left out)" in more
    assert "took fewer rows: 40." in more


def test_exports_hold_the_table(everything, tmp_path):
    loaded = json.loads(everything.to_json(), parse_constant=pytest.fail)
    assert loaded["verdict"] == everything.verdict and loaded["random_state"] == "0"
    assert set(loaded["versions"]) == {"memgen_lite", "python", "numpy", "scipy", "scikit-learn"}
    assert loaded["conventions"]["coverage"] == mg.metrics.get("coverage").conventions
    by_name = {row["metric"]: row for row in loaded["table"]}
    assert by_name["mifid"]["memgen_p"] == "inf" and by_name["vendi"]["held_out"] is None
    assert by_name["vendi"]["rows"] == 40
    everything.to_json(tmp_path / "table.json")
    assert (tmp_path / "table.json").read_text() == everything.to_json()
    everything.to_csv(tmp_path / "table.csv")
    again = pd.read_csv(io.StringIO((tmp_path / "table.csv").read_text()), index_col="metric", keep_default_na=True)
    pd.testing.assert_frame_equal(again.fillna({"reason": ""}), everything.to_frame(), check_dtype=False)
