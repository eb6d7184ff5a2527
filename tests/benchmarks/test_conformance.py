"""The stored table of our metrics beside other programs': it is whole, it is explained, and it is still ours."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import cdist

import memgen_lite as mg

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import conformance  # noqa: E402
import other_programs  # noqa: E402

TABLE = mg.data.record("conformance")
ROWS = TABLE["rows"]
PUBLISHED = ("prdc's README", "figure of Meehan et al. 2020")
LIGHT = ("scipy", "scikit-learn", "pot")  # installed here too: the unit tests' own oracles


@pytest.fixture(scope="module")
def arrays():
    return other_programs.inputs()


def label(name, column):
    return name if column is None else f"{name}, feature {column} alone"


def stored(program, metric, options, name):
    settings = ", ".join(f"{key} = {value}" for key, value in options.items())
    found = [
        row
        for row in ROWS
        if (row["beside"].split(" ")[0], row["metric"], row["options"], row["input"])
        == (program, metric, settings, name)
    ]
    assert found, f"{metric} beside {program} on {name} is not in the table: make conformance"
    return found


def test_every_row_agrees_within_its_tolerance_or_says_why_not():
    for row in ROWS:
        assert row["verdict"] in ("agrees", "convention", "defect"), row
        if row["verdict"] != "agrees":
            assert row["why"].endswith("."), row
        elif row["beside"] not in PUBLISHED:
            assert row["difference"] <= conformance.AGREES, row
            assert np.isfinite(row["ours"]), row


def test_every_program_was_asked_and_some_differ_from_us():
    asked = {row["beside"].split(" ")[0] for row in ROWS}
    assert asked >= set(conformance.PROGRAMS)
    assert all(program in TABLE["machine"] for program in conformance.PROGRAMS)
    defects = {row["beside"].split(" ")[0] for row in ROWS if row["verdict"] == "defect"}
    assert defects <= {example["program"] for example in TABLE["examples"]}, "a defect is shown by an example"


@pytest.mark.parametrize("case", range(len(other_programs.COMPARISONS)))
def test_our_numbers_in_the_table_are_those_of_today(case, arrays):
    program, metrics, names, column, _, options, _ = other_programs.COMPARISONS[case]
    for name in names:
        for metric in metrics:
            value = other_programs.ours(metric, arrays[name], column, options)
            for row in stored(program, metric, options, label(name, column)):
                assert row["ours"] == pytest.approx(value, rel=1e-9, abs=1e-12), (metric, name)


def test_the_light_programs_still_say_what_the_table_says(arrays, monkeypatch):
    monkeypatch.setattr(conformance, "COMPARISONS", [line for line in other_programs.COMPARISONS if line[0] in LIGHT])
    fresh = list(conformance.compared())
    assert {row["beside"].split(" ")[0] for row in fresh} == set(LIGHT)
    for row in fresh:
        (old,) = [
            old
            for old in ROWS
            if all(old[key] == row[key] for key in ("metric", "options", "input"))
            and old["beside"].split(" ")[0] == row["beside"].split(" ")[0]
        ]
        assert row["verdict"] == old["verdict"], row
        assert row["theirs"] == pytest.approx(old["theirs"], rel=1e-9, abs=1e-7), row


def test_a_missing_program_is_a_row_and_a_difference_without_a_reason_is_told(arrays, monkeypatch):
    def missing(train, held_out, made):
        import a_program_that_nobody_has  # noqa: F401

    def wrong(train, held_out, made):
        return 2.0

    lines = [("nobody's", ("frechet",), ("honest",), None, {}, {}, function) for function in (missing, wrong)]
    monkeypatch.setattr(conformance, "COMPARISONS", lines)
    first, second = conformance.compared()
    assert (first["verdict"], first["theirs"], first["beside"]) == ("not run", None, "nobody's")
    assert "a_program_that_nobody_has" in first["why"]
    assert second["verdict"] == "unexplained"


def test_a_difference_is_relative_to_the_largest_number_at_hand():
    assert conformance.difference(0.0, 1e-12, 2.0) == 5e-13
    assert conformance.difference(3.0, 1.5, 0.0) == 0.5
    assert conformance.difference(np.inf, np.inf, 1.0) == 0
    assert conformance.difference(np.inf, 0.0, 1.0) == np.inf


def test_an_example_that_breaks_says_so():
    broken = conformance.run_example({"code": "print(1)\nimport a_program_that_nobody_has"}, {})
    assert broken["prints"].startswith("not run: ModuleNotFoundError")
    assert conformance.run_example({"code": "print(1 + x)"}, {"x": 2})["prints"] == "3"


def test_the_examples_of_defects_print_what_the_text_says():
    prints = {example["name"]: example["prints"] for example in TABLE["examples"]}
    assert not [name for name, text in prints.items() if text.startswith("not run")]
    hidden = [float(line.split()[1]) for line in prints["A smaller sample hides the copies"].splitlines()]
    assert hidden[0] == 0 and hidden[-1] > 0.9 and hidden == sorted(hidden)
    assert prints["One odd row held out acquits a copier"].split() == ["0.0", "1.0"]
    own, common = map(float, prints["Of the same rows, in common units, the honest share is near one half"].split())
    assert abs(common - 0.5) < 0.05 < abs(own - 0.5)
    honest, some, exact = map(float, prints["The exact copy has the best score"].split())
    assert exact == 0 < honest < some
    assert re.findall(r"\((.*?)\)", prints["A perfect copy scores 0"]) == ["0.0"] * 4
    assert prints["A squared distance below 0"].startswith("-")


def test_the_example_of_prdc_is_reproduced():
    """Each published number, one draw, is within 4 standard deviations of our mean over seeds; prdc's own agree."""
    example = [row for row in ROWS if row["input"].startswith("prdc's example")]
    assert len(example) == 2 * len(conformance.README)
    for row in example:
        assert row["verdict"] == "agrees", row
        if row["beside"] == "prdc's README":
            sd = TABLE["readme_sd"][row["metric"]]
            assert row["theirs"] == conformance.README[row["metric"]]
            assert 0 < abs(row["ours"] - row["theirs"]) < min(5 * sd, 0.1)


def test_many_features_leave_few_neighbors_in_reach_as_full_distances_say():
    """The example of prdc at 400 rows: 1,000 normal features, k = 5."""
    real, made = np.random.default_rng(0).normal(size=(2, 400, 1000))
    r, g = (np.sort(cdist(X, X), axis=1)[:, 5] for X in (real, made))
    distances = cdist(real, made)
    inside = distances < r[:, None]
    expected = {
        "precision": inside.any(axis=0).mean(),
        "recall": (distances < g).any(axis=1).mean(),
        "density": inside.sum() / (5 * 400),
        "coverage": inside.any(axis=1).mean(),
    }
    for name, value in expected.items():
        assert mg.metrics.compute(name, train=real, generated=made) == pytest.approx(value, rel=1e-12), name


def test_the_curve_of_meehan_et_al_is_stored_beside_the_figure():
    curve = {point["width"]: point for point in TABLE["moons"]}
    values = [curve[width]["c_t"] for width in sorted(curve)]
    assert values == sorted(values)
    assert values[0] < -17 and values[-1] > 15.5
    for width, point in curve.items():
        assert point["published"] == conformance.WIDTHS[width]


def test_both_environments_pin_the_same_versions():
    """But pandas, of which SDMetrics does not take the newest; so our numbers are the same in both."""

    def pins(path):
        return dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", (ROOT / path).read_text(), re.MULTILINE))

    ours, theirs = pins("requirements.txt"), pins("benchmarks/conformance.txt")
    shared = set(ours) & set(theirs)
    assert {"numpy", "scipy", "scikit-learn", "pot"} <= shared
    assert {name for name in shared if ours[name] != theirs[name]} <= {"pandas", "mpmath"}
