"""The command says by its exit status whether a model held, failed, or could not be judged."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from memgen_lite.__main__ import CANNOT_TELL, FAILED, HELD, main

rng = np.random.default_rng(0)


@pytest.fixture
def tables(tmp_path):
    """Paths of train, held-out, copies with fresh keys, and fresh rows."""
    frames = {
        name: pd.DataFrame({"x": rng.normal(size=90), "city": rng.choice(["Oslo", "Rome", "NA"], 90)})
        for name in ("train", "held_out", "fresh")
    }
    frames["copies"] = frames["train"]
    paths = {}
    for i, (name, frame) in enumerate(frames.items()):
        paths[name] = str(tmp_path / f"{name}.csv")
        frame.assign(id=np.arange(90) + 90 * i).to_csv(paths[name], index=False)
    return paths


def run(kind, tables, generated, *options):
    return main([kind, tables["train"], tables["held_out"], tables[generated], *options])


def test_a_copier_fails_and_fresh_rows_hold(tables, capsys):
    assert run("audit", tables, "copies", "--ignore", "id") == FAILED
    said = capsys.readouterr().out
    assert said.startswith("Copies: ") and "failed: the dose, " in said
    assert run("audit", tables, "fresh", "--ignore", "id") == HELD
    assert run("audit", tables, "copies", "--ignore", "id", "--fail-above", "1.5") == HELD


def test_keys_hide_copies_and_are_named(tables, capsys):
    assert run("audit", tables, "copies") == CANNOT_TELL
    assert "column 'id' has another value in each row" in " ".join(capsys.readouterr().out.split())


def test_evaluate_fails_what_is_told_from_fresh_rows(tables, capsys):
    options = ("--ignore", "id", "--metrics", "nn_accuracy,authenticity")
    assert run("evaluate", tables, "copies", *options) == FAILED
    assert run("evaluate", tables, "fresh", *options) == HELD
    assert "nn_accuracy" in capsys.readouterr().out


def test_findings_and_report_are_written(tables, tmp_path, capsys):
    page, findings = str(tmp_path / "report.html"), str(tmp_path / "found.json")
    told = ("--model=CTGAN 3", "--data=census", "--date=2025-01-31", "--decision=kept back", "--fail-above=.1")
    assert run("audit", tables, "copies", "--ignore=id", "--html", page, "--json", findings, *told) == FAILED
    first, written = capsys.readouterr().out.splitlines()[0], (tmp_path / "report.html").read_text("utf-8")
    assert first[:40] in written and "CTGAN 3; trained on: census; date: 2025-01-31" in written
    assert "kept back" in written and "The limit set for the dose is 0.1: it is exceeded" in written
    assert json.loads((tmp_path / "found.json").read_text("utf-8"))["verdict"].startswith("Copies")
    assert run("audit", tables, "fresh", "--ignore=id", "--json", "-") == HELD
    assert '"p_value"' in capsys.readouterr().out


def test_spaces_spans_and_epsilon_are_asked_for(tables, tmp_path, capsys):
    assert run("audit", tables, "copies", "--ignore", "id", "--spaces", "none", "--epsilon") == FAILED
    said = " ".join(capsys.readouterr().out.split())
    assert "further spaces" not in said and "Epsilon is" in said
    assert run("audit", tables, "copies", "--ignore", "id", "--spaces", "all") == FAILED
    assert "and 1 further spaces (ranks)" in " ".join(capsys.readouterr().out.split())
    assert run("audit", tables, "copies", "--spans") == CANNOT_TELL
    assert "--spans is for texts" in capsys.readouterr().err
    words = np.array(["a", "rose", "is", "no", "nose", "but", "this", "one", "has", "a", "name", "that", "you", "know"])
    files = []
    for i in range(3):
        lines = [" ".join(rng.permutation(words)) for _ in range(60)]
        if i == 2:
            lines[:20] = Path(files[0]).read_text().splitlines()[:20]
        files.append(str(tmp_path / f"{i}.txt"))
        Path(files[i]).write_text("\n".join(lines) + "\n")
    assert main(["audit", *files, "--spans"]) == FAILED
    assert capsys.readouterr().out.count("[=") >= 16


def test_a_few_rows_that_are_named_fail_though_their_dose_is_small(tmp_path, capsys):
    T, H, G = rng.normal(size=(3, 400, 8))
    G[:12] = T[:12] + 0.01
    paths = [str(tmp_path / f"{name}.npy") for name in ("train", "held_out", "generated")]
    for path, rows in zip(paths, (T, H, G), strict=True):
        np.save(path, rows)
    assert main(["audit", *paths]) == FAILED
    assert "training rows are named, if too few for a dose" in capsys.readouterr().out
    assert main(["audit", *paths, "--fail-above", "0.2"]) == HELD


def test_a_table_of_numbers_alone_is_evaluated_without_its_key(tmp_path):
    paths = [str(tmp_path / f"{name}.csv") for name in ("train", "held_out", "generated")]
    for i, path in enumerate(paths):
        pd.DataFrame({"id": np.arange(90) + 90 * i, "x": rng.normal(size=90)}).to_csv(path, index=False)
    assert main(["evaluate", *paths, "--ignore", "id", "--metrics", "energy"]) == HELD


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["audit", "no.csv", "no.csv", "no.csv"], "'no.csv' does not exist; expected"),
        (["audit", "{train}", "{held_out}", "{fresh}", "--ignore", "ID"], "ignore must name columns of train"),
        (["evaluate", "{train}", "{held_out}", "{fresh}", "--metrics", "fid"], "no metric is called 'fid'"),
        (["audit", "{train}"], "the following arguments are required: held_out, generated"),
    ],
)
def test_bad_input_is_said_on_the_error_stream_and_is_no_verdict(arguments, message, tables, capsys):
    assert main([one.format(**tables) for one in arguments]) == CANNOT_TELL
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--html", "no/such/folder/x.html"], "--html must be a file in a folder that is there, got no/such/folder"),
        (["--json", "no/such/x.json"], "--json must be a file in a folder that is there"),
        (["--fail-above", "nan"], "--fail-above must be a finite number, got nan"),
        (["--held-out-rows", "91"], "--held-out-rows must be from 1 to 90, got 91"),
        (["--held-out-rows", "0"], "--held-out-rows must be from 1 to 90, got 0"),
    ],
)
def test_what_an_option_cannot_be_is_said_before_the_work(options, message, tables, capsys):
    assert run("audit", tables, "fresh", *options) == CANNOT_TELL
    said = capsys.readouterr()
    assert message in said.err and said.out == ""


def test_words_for_missing_and_the_header_are_taken(tables, tmp_path, capsys):
    assert run("audit", tables, "fresh", "--ignore", "id", "--na", "none") == HELD
    for name in ("train", "held_out", "fresh"):
        (tmp_path / f"{name}.csv").write_text("\n".join(f"{x},{x * x}" for x in rng.normal(size=60)))
    assert run("audit", tables, "fresh", "--header", "no") in (HELD, CANNOT_TELL)
    assert "60 train, 60 held-out" in capsys.readouterr().out


def test_a_module_is_the_command(tables):
    command = [sys.executable, "-m", "memgen_lite", "audit", tables["train"], tables["held_out"], tables["copies"]]
    done = subprocess.run([*command, "--ignore", "id"], capture_output=True, text=True)
    assert done.returncode == FAILED and done.stdout.startswith("Copies"), done.stderr
    assert subprocess.run([*command[:3], "--help"], capture_output=True, text=True).returncode == 0
