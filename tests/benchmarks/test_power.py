import doctest
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import memgen_lite as mg

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
import power  # noqa: E402

SMALL = (120, 120, 120)


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(power).attempted > 0
    assert doctest.testmod(power).failed == 0


@pytest.mark.parametrize("quality", power.QUALITIES)
def test_so_many_generated_rows_are_copies_of_train_and_the_rest_are_not(quality):
    cell = power.Cell(quality, share=0.1, sizes=SMALL)
    train, held_out, generated = power.draw(cell, np.random.default_rng(0))
    assert train.shape == held_out.shape == generated.shape == (120, 8)
    copied = (generated[:, None] == train).all(axis=2).any(axis=1)
    assert copied[:12].all()
    assert not copied[12:].any()
    placebo = power.draw(replace(cell, source="other"), np.random.default_rng(0))[2]
    for rows in (train, held_out):
        assert not (placebo[:, None] == rows).all(axis=2).any()


@pytest.mark.parametrize("law", power.LAWS)
def test_jitter_moves_copies_by_so_much_of_the_scale(law):
    cell = power.Cell("fresh", share=1.0, jitter=0.5, law=law, sizes=(200, 200, 200))
    _, held_out, generated = power.draw(cell, np.random.default_rng(1))
    still = power.draw(replace(cell, jitter=0.0), np.random.default_rng(1))[2]
    moved = (generated - still) / power.scale(held_out)
    assert moved.std() == pytest.approx(0.5, rel=0.1)


def test_the_qualities_are_what_they_say():
    for quality, spread in (("fresh", 1.0), ("noise 1.5×", 1.5), ("shrunk .5×", 0.5)):
        generated = power.draw(power.Cell(quality, sizes=(300, 300, 2000)), np.random.default_rng(2))[2]
        assert generated.std() == pytest.approx(spread, rel=0.05)
    generated = power.draw(power.Cell("collapsed", sizes=(60, 60, 500)), np.random.default_rng(3))[2]
    gaps = np.linalg.norm(generated[:, None] - generated[:100], axis=2)
    assert len(np.unique(gaps < 1, axis=1).T) <= 10


def test_every_method_sees_a_memorizer_and_none_a_fresh_sample():
    """At a calibrated 5 %, with 19 null repeats: in 5 repeats of pure copying each rejects every time, and of fresh
    rows, drawn here with the fixed seeds, none does each time."""
    null = power.scores(power.Cell("fresh", sizes=SMALL).blind, range(19))
    critical = power.critical_values(null)
    copying = power.rejections(power.scores(power.Cell("fresh", 1.0, sizes=SMALL), range(5)), critical)
    fresh = power.rejections(power.scores(power.Cell("fresh", sizes=SMALL), range(5)), critical)
    assert set(copying) == set(power.METHODS)
    assert all(value.all() for value in copying.values()), copying
    assert not any(value.all() for value in fresh.values()), fresh


def test_scores_are_of_the_repeat_and_not_of_the_order():
    cell = power.Cell("fresh", 0.1, sizes=SMALL)
    one, other = power.scores(cell, [3, 5], ["audit", "C_T"]), power.scores(cell, [5], ["C_T", "audit"])
    assert one["C_T"][1] == other["C_T"][0]
    assert one["audit"][1] == other["audit"][0]


def test_a_measure_wins_only_beyond_chance():
    audit = np.repeat([True, False], [50, 50])
    by_luck = np.roll(audit, 1)
    rejected = {
        "audit": audit,
        "C_T": by_luck,
        "FLD gap": audit | (np.arange(100) < 54),
        "DCR share": np.ones(100, bool),
    }
    assert power.wins(rejected) == ["DCR share"]
    rejected["FLD gap"][:56] = True
    assert power.wins(rejected) == ["FLD gap", "DCR share"]  # six of six: 1/64


def study(powers):
    """A study of two cells with made-up scores: a measure's share of rejections by cell."""
    cells = [power.Cell("fresh", share, 0.1, sizes=SMALL) for share in (0.1, 0.2)]

    def scores(cell, repeats, methods=power.METHODS):
        count = len(repeats)
        if cell.share == 0 or cell.source == "other":
            return {name: -np.linspace(0.06, 1, count) for name in methods}
        share = {name: powers.get(name, 0.5) for name in methods}
        return {name: np.where(np.arange(count) < share[name] * count, -0.01, -0.9) for name in methods}

    return power.study(cells, [replace(cells[0], law="moons, 2-D")], 19, 20, scores)


def test_a_study_has_its_wins_with_their_placebo_and_panels_that_can_be_drawn():
    record = study({"audit": 0.5, "C_T": 0.9, "FLD gap": 0.2})
    assert [row["C_T"] for row in record["rows"]] == [0.9, 0.9]
    assert [row["audit"] for row in record["size"]] == [0, 0]
    assert {win["measure"] for win in record["wins"]} == {"C_T"}
    assert [win["its alarms without a copy"] for win in record["wins"]] == [0, 0, 0]
    assert list(record["habits"]) == ["fresh"]
    assert len(record["elsewhere"]) == 1
    found = power.panels(record["rows"], record["wins"])
    shape = (1, 1, len(power.METHODS), 2)
    assert np.shape(found["powers"]) == np.shape(found["ahead"]) == shape
    assert np.argwhere(found["ahead"])[:, 2].tolist() == [power.FIELD.index("C_T") + 1] * 2
    assert [len(found[key]) for key in ("rows", "columns", "methods", "shares")] == list(shape)


def test_the_stored_study_has_the_size_it_promises_and_names_where_others_win():
    """Rejections without copies are binomial: 5 % and three standard errors, for each of the blind generators."""
    record = mg.data.record("power")
    slack = 3 * np.sqrt(0.05 * 0.95 / record["nulls"])
    size = record["tables"]["The audit without copies"]
    assert all(row["audit"] <= 0.05 + slack for row in size), size
    ahead = record["tables"].get("Where a measure of the field beats the audit beyond chance", [])
    assert record["wins"] == [power.sentence(win) for win in ahead]
    assert {key: record["panels"][key] for key in ("powers", "ahead")} == {
        key: power.panels(record["rows"], ahead)[key] for key in ("powers", "ahead")
    }
