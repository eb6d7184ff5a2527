"""What the page on a reader's own data shows runs as it stands there."""

import inspect
import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd

import memgen_lite as mg
from memgen_lite.__main__ import FAILED, main
from memgen_lite.auditing.words import verdict

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "your_data.md").read_text("utf-8")


def test_its_examples_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    train, held_out = (pd.DataFrame(rng.normal(size=(90, 4)), columns=[*"abcd"]) for _ in range(2))
    for name, frame in {"train": train, "held_out": held_out, "generated": train}.items():
        frame.assign(id=rng.permutation(10_000)[:90]).to_csv(f"{name}.csv", index=False)
    names = {}
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        exec(block, names)
    assert names["report"].verdict.startswith("Copies")
    assert "Copies" in Path("report.html").read_text("utf-8")
    assert len(names["table"].rows) == len(mg.metrics.names())
    commands = [line for line in PAGE.splitlines() if line.startswith("memgen-lite ")]
    assert len(commands) == 2
    assert main(shlex.split(commands[0])[1:]) == FAILED
    capsys.readouterr()


def test_the_verdicts_that_it_names_are_those_that_there_are():
    source = inspect.getsource(verdict)
    given = {
        re.match(r"[A-Z][a-z']+(?: [a-z]+)*", text)[0] for text in re.findall(r'return f"([A-Z][^"]*[:{])', source)
    }
    said = {"Copies", "Leans on", "No sign of copying", "Can't tell"}
    assert {verdict.strip() for verdict in given} == said
    assert all(f"*{verdict}" in PAGE.replace("\n", " ") for verdict in said)
