"""The stored predictions of what an audit costs, what was measured, and the page that shows them."""

import sys
from pathlib import Path

import numpy as np
import pytest

import memgen_lite as mg

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import common  # noqa: E402
import cost_model  # noqa: E402

RECORD = mg.data.record("cost_model")
PAGE = (ROOT / "docs" / "scale.md").read_text("utf-8")


MEASURED = ["seconds", "GB read", "MiB"]


@pytest.mark.parametrize("what", MEASURED)
def test_what_was_predicted_of_four_sizes_is_within_a_quarter_of_what_was_measured(what):
    assert len(RECORD["rows"]) == 4
    for row in RECORD["rows"]:
        assert abs(row[f"{what}, predicted"] / row[what] - 1) <= 0.25, row


def test_sizes_of_the_check_are_none_that_the_model_was_fitted_to_and_most_are_larger():
    work = [rows * M * d for rows, M, d, _ in cost_model.SMALL]
    assert all(rows * M * d > np.median(work) for rows, M, d, *_ in cost_model.LARGE)
    assert not {size[:3] for size in cost_model.LARGE} & {size[:3] for size in cost_model.SMALL}


def test_the_page_shows_the_rows_of_the_record():
    (projected,) = RECORD["tables"].values()
    both = [
        row | {key: f"{common.short(row[f'{key}, predicted'])} → {common.short(row[key])}" for key in MEASURED}
        for row in RECORD["rows"]
    ]
    heads = [line for line in PAGE.splitlines() if line.startswith("| N + K |")]
    for head, rows in zip(heads, (both, projected), strict=True):
        keys = head.strip("| ").split(" | ")
        assert common.table([{key: row[key] for key in keys} for row in rows]) in PAGE
    errors = [abs(row[f"{what}, predicted"] / row[what] - 1) for row in RECORD["rows"] for what in MEASURED]
    assert f"The largest error is {max(errors):.0%}." in PAGE


SIZES = [
    (rows, M, d, 2 * max(1, rows * d // 10**7))
    for rows in (5000, 20_000, 300_000)
    for M in (100, 800, 5000)
    for d in (16, 300, 900)
]


def test_seconds_of_a_machine_that_follows_the_model_are_found_again():
    true = dict(zip(cost_model.WORKERS, (2e-9, 1e-6, 3e-10, 4e-11, 0.03, 1e-5), strict=True))
    seconds = [cost_model.total(cost_model.WORKERS, true, size) for size in SIZES]
    assert cost_model.fitted(cost_model.WORKERS, SIZES, seconds) == pytest.approx(true, rel=1e-6)


def test_memory_of_a_machine_that_follows_the_model_is_found_again():
    held, working, looking = {"row": 3e-5}, (25.0, 5e-6, 0.01), (18.0, 0.003, 16e-6, 8e-6)
    model = {
        "held": held,
        "working": dict(zip(cost_model.WORKING, working, strict=True)),
        "looking": dict(zip(cost_model.LOOKING, looking, strict=True)),
    }
    terms = {"held": cost_model.HELD, "working": cost_model.WORKING, "looking": cost_model.LOOKING}

    def said(model, size):
        parts = {kind: cost_model.total(terms[kind], model[kind], size) for kind in terms}
        return parts["held"] + max(parts["working"], parts["looking"])

    measured = [said(model, size) for size in SIZES]
    found = cost_model.fitted_memory(SIZES, measured)
    assert [said(found, size) for size in SIZES] == pytest.approx(measured, rel=0.02)
