"""The study beside other programs draws what it says and counts as it says; theirs are stubs here, and the record's."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import memgen_lite as mg

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
import attacks  # noqa: E402
import rivals  # noqa: E402

TOLD = [cell for cell in rivals.CELLS if cell.what in rivals.LEARNED]
COPIED = [cell for cell in rivals.CELLS if cell.what not in rivals.LEARNED]


def stub(arrays, columns, counts, seeds):
    """Other programs that say 0 of all, but the first, which fails."""
    first = attacks.NAMES[0]
    assert all(rows.shape == (len(seeds), rivals.N, len(columns)) for rows in arrays)
    return {
        "scores": {name: [float("nan") if name == first else 0.0] * many for name, many in counts.items()},
        "own": {name: [False] * many for name, many in counts.items()},
        "seconds": dict.fromkeys(counts, 0.01),
        "failed": {first: "ValueError: no. 1 is out"},
    }


@pytest.mark.parametrize("cell", rivals.CELLS, ids=lambda cell: f"{cell.law}, {cell.name}")
def test_every_cell_draws_rows_that_the_audit_reads_as_a_user_gives_them(cell):
    law = rivals.LAWS[cell.law]
    for one in (cell, cell.blind, replace(cell, source="other")):
        arrays = rivals.draw(one, np.random.default_rng(0))
        assert [rows.shape for rows in arrays] == [(rivals.N, len(law.columns))] * 3
    given = law.given(arrays[0])
    assert len(given) == rivals.N and isinstance(given, pd.DataFrame) == cell.law.startswith("table")


@pytest.mark.parametrize("cell", [cell for cell in COPIED if cell.what == "exact"], ids=lambda cell: cell.law)
def test_so_many_rows_are_copies_of_train_and_of_a_blind_generator_none(cell):
    train, _, generated = rivals.draw(cell, np.random.default_rng(1))
    copied = (generated[:, None] == train).all(axis=2).any(axis=1)
    count = round(cell.share * rivals.N)
    assert copied[:count].all() and not copied[count:].any()
    for blind in (cell.blind, replace(cell, source="other")):
        train, _, generated = rivals.draw(blind, np.random.default_rng(1))
        assert not (generated[:, None] == train).all(axis=2).any()


def test_a_table_of_people_comes_back_from_its_numbers():
    rows = rivals.people(np.random.default_rng(0), 1000)
    found = attacks.frame(rows, rivals.PEOPLE)
    assert rows.shape == (1000, 5) and set(found["city"]) == set(attacks.LEVELS["city"])
    assert found["member"].dtype == bool and found["member"].to_numpy().tolist() == (rows[:, 4] == 1).tolist()


def test_each_cell_is_judged_by_the_verdict_that_is_meant_for_it():
    assert {cell.ours for cell in TOLD} == {"audit: depends"} and {cell.ours for cell in COPIED} == {"audit: copies"}


def test_the_share_of_repeats_of_what_is_slow_leaves_a_critical_value_of_five_percent():
    for name in rivals.FEWER:
        assert (rivals.fewer(99, name) + 1) % 20 == 0
    assert rivals.fewer(99, "another") == 99 and rivals.fewer(100, "domias, LOGAN") == 40


def test_a_program_that_fails_has_no_share_and_says_why():
    cells = [rivals.Cell("normal, 16-D", "its mean and covariance")]

    def ask(cell, repeats, methods=None):
        return rivals.scores(cell, repeats, stub, methods)

    record = rivals.study(cells, 19, 3, ask)
    first, *others = attacks.NAMES
    (row,) = record["rows"]
    assert row[first] is None and [row[name] for name in others] == [0] * len(others)
    assert row["audit: depends"] == 1
    assert record["failed"] == [
        {"rows": "normal, 16-D", "program": first, "share of calls": 1, "why": "ValueError: no"}
    ]
    assert not record["wins"]
    assert len(record["own"]) == 2 and record["own"][0]["generated"].startswith("blind")


def test_what_fails_in_the_other_environment_is_said_and_not_raised(monkeypatch):
    monkeypatch.setattr(attacks, "ATTACKS", {("one", "two"): lambda *given: [][0]})
    found = attacks.attacked([np.zeros((2, 3, 1))] * 3, ["x0"], {"one": 2, "two": 1}, [0, 1])
    assert np.isnan(found["scores"]["one"]).tolist() == [True, True] and len(found["scores"]["two"]) == 1
    assert found["failed"]["two"].startswith("IndexError")


def test_another_program_wins_where_it_rejects_more_and_its_placebo_is_shown():
    cell = rivals.CELLS[0]
    better = attacks.NAMES[2]

    def ask(asked, repeats, methods=None):
        names = methods or [*rivals.OURS.values(), *attacks.NAMES]
        copies = asked.share > 0 and asked.source == "train"
        found = {name: -np.linspace(0.06, 1, repeats) for name in names}
        if copies:
            found[better] = np.ones(repeats)
        own = {name: values > 0 for name, values in found.items()}
        return {"scores": found, "own": own, "seconds": dict.fromkeys(names, 0.1), "failed": {}}

    record = rivals.study([cell], 19, 20, ask)
    (win,) = record["wins"]
    assert (win["program"], win["its power"], win["the audit's"], win["its alarms without a copy"]) == (better, 1, 0, 0)
    assert record["seconds"][0]["audit"] == 0.1


def test_the_stored_study_has_every_cell_and_the_size_that_the_audit_promises():
    """Rejections without copies are binomial: 5 % and three standard errors, for each verdict and law."""
    record = mg.data.record("rivals")
    assert [(row["rows"], row["generated"]) for row in record["rows"]] == [(c.law, c.name) for c in rivals.CELLS]
    own = next(rows for title, rows in record["tables"].items() if title.startswith("By the rule"))
    slack = 3 * np.sqrt(0.05 * 0.95 / record["nulls"])
    for row in own[: len({cell.blind for cell in rivals.CELLS})]:
        assert row["generated"].startswith("blind")
        assert max(row[name] for name in rivals.OURS.values()) <= 0.05 + slack, row
    assert {"anonymeter", "domias"} <= set(record["machine"])


def test_the_stored_study_names_every_cell_where_another_has_more_power():
    """Of equal powers, 1.0 say, none wins; where a win is stored, the two powers stand in its cell."""
    record = mg.data.record("rivals")
    at = {(row["rows"], row["generated"]): row for row in record["rows"]}
    for win in record["tables"].get("Where another program beats the audit's verdict beyond chance", []):
        row = at[win["rows"], win["generated"]]
        assert win["its power"] == row[win["program"]] > 0
        assert win["the audit's"] == row[f"audit: {win['by']}"]


def test_the_table_of_the_docs_is_that_of_the_record():
    record = mg.data.record("rivals")
    page = (ROOT / "docs" / "your_data.md").read_text("utf-8")
    own = next(rows for title, rows in record["tables"].items() if title.startswith("By the rule"))
    own = {(row["rows"], row["generated"]): row["Anonymeter, 1 column"] for row in own}
    for cell, row in zip(rivals.CELLS, record["rows"], strict=True):
        best = max(row[name] for name in attacks.NAMES if name.startswith("domias") and row[name] is not None)
        told = [row[cell.ours], row["Anonymeter, 1 column"], own[cell.law, cell.name], row["Anonymeter, 3 columns"]]
        numbers = " | ".join(f"{share:.2f}" for share in told)
        assert f"| {cell.law} | {cell.name} | {numbers} | {best:.2f} (" in page
    assert len(record["tables"]["Where another program beats the audit's verdict beyond chance"]) == 2
