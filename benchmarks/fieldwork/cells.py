"""Cells of the study, each done in steps that are kept on disk, so that an interrupted run goes on where it stopped.

A cell is a data set, a generator, what that was fitted to, and a split. Its first step draws the rows, the others
measure them. A step leaves a file when it is done; what fails leaves one that says why, and is tried again only where
that is asked for. Nothing else is kept in memory from one cell to the next.
"""

import json
import os
import pickle
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from . import datasets, generators, measures

SPLITS, SEED = 5, 23
DRAW = "draw"


@dataclass(frozen=True)
class Study:
    """What there is to do: data sets, generators and measures by name, and the number of splits, of most generators."""

    data: dict
    generators: dict
    measures: dict
    splits: int = SPLITS


FIELD = Study(datasets.DATA, generators.GENERATORS, measures.MEASURES)


@dataclass(frozen=True)
class Cell:
    """One generator on one split of one data set, `fitted` to "train" or, as a control, to "others"."""

    data: str
    generator: str
    fitted: str
    split: int

    @property
    def slug(self):
        """A file's name, without characters that some file system refuses."""
        words = "".join(letter if letter.isalnum() else "-" for letter in f"{self.data} {self.generator}")
        return f"{words}-{self.fitted}-{self.split}-{crc32(repr(self).encode()):08x}"


def cells(study):
    """All cells in the order in which they are worth most: split by split."""
    splits = {name: generator.splits or study.splits for name, generator in study.generators.items()}
    return [
        Cell(data, name, fitted, split)
        for split in range(max(splits.values()))
        for data, told in study.data.items()
        for name, generator in study.generators.items()
        for fitted in ("train", "others")
        if generator.kind == told.kind and split < splits[name]
    ]


def steps(study, cell):
    """Names of the steps of a cell, the drawing first."""
    kind = study.data[cell.data].kind
    return [
        DRAW,
        *(name for name, one in study.measures.items() if kind in one.kinds and cell.split < one.splits),
    ]


def _path(folder, cell, step, ending="json"):
    return Path(folder) / f"{cell.slug}-{step.replace(' ', '-')}.{ending}"


def kept(folder, cell, step):
    """What a step has left, or None where it is not done."""
    path = _path(folder, cell, step)
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def keep(folder, cell, step, found):
    """Write what a step has found, whole or not at all."""
    path = _path(folder, cell, step)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(found, default=_plain), "utf-8")
    os.replace(part, path)


def _plain(value):
    return value.item() if isinstance(value, np.generic) else str(value)


def seed_of(*what):
    """A seed that belongs to these words and to no place in a run: the order of cells changes nothing."""
    return crc32(f"{SEED} {what!r}".encode())


def parts(study, cell):
    """The three samples of a cell's split, the same for all its generators, with as many training rows as it gets."""
    told = study.data[cell.data]
    rng = np.random.default_rng(seed_of(cell.data, cell.split))
    found = told.cut(rng)
    rows = study.generators[cell.generator].rows
    if rows is None:
        return found
    if found.groups is None:
        return datasets.Parts(found.train[:rows], found.held_out, found.others[:rows])
    # Of persons in random order: as they stand in the table the first are all of one place.
    train, others = (datasets.some_groups(found.groups[side], rows, rng) for side in (0, 2))
    groups = found.groups[0][train], found.groups[1], found.groups[2][others]
    train, others = found.train.iloc[train], found.others.iloc[others]
    return datasets.Parts(train.reset_index(drop=True), found.held_out, others.reset_index(drop=True), groups)


def draw(study, cell, folder):
    """Fit the generator, draw as many rows as are held out, and keep them."""
    sides = parts(study, cell)
    fitted = sides.train if cell.fitted == "train" else sides.others
    rows = study.generators[cell.generator].draw(fitted, len(sides.held_out), seed_of(cell))
    path = _path(folder, cell, DRAW, "pickle")
    part = path.with_suffix(".part")
    part.write_bytes(pickle.dumps(rows))
    os.replace(part, path)
    return {"fitted rows": len(fitted), "rows": len(rows)}


def ask(study, cell, step, folder):
    """What a measure says of the rows that the cell has drawn."""
    sides = parts(study, cell)
    rows = pickle.loads(_path(folder, cell, DRAW, "pickle").read_bytes())  # written by this program into build/
    kind, groups = study.data[cell.data].kind, sides.groups and sides.groups[:2]
    case = measures.Case(kind, sides.train, sides.held_out, rows, groups, seed_of(cell, step) % 2**31)
    return study.measures[step].ask(case)


def spent():
    """Processor seconds of this process and of those that it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def forget_peak():
    """Let the most memory held count from now on; Linux alone can, elsewhere it is that of all steps so far."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def because(error):
    """The reason of a failure in a line: that a package is not there, or what it said."""
    if isinstance(error, ImportError):
        return f"can't be installed or imported: {error}"
    first = str(error).strip().splitlines()
    return f"{type(error).__name__}: {first[0][:200] if first else 'without a word'}"


def do(study, cell, folder, peak):
    """Do the steps of a cell that are not done; `peak` is a function of the most memory held, in MiB.

    An error of a generator or of a measure is kept as its reason; an interrupt is raised, and leaves no file.
    """
    for step in left(study, cell, folder):
        if step != DRAW and "failed" in kept(folder, cell, DRAW):
            return
        forget_peak()
        start, clock = spent(), time.perf_counter()
        try:
            with measures.quiet():
                found = draw(study, cell, folder) if step == DRAW else ask(study, cell, step, folder)
        except Exception as error:
            found = {"failed": because(error)}
        cost = {"CPU seconds": spent() - start, "seconds": time.perf_counter() - clock, "MiB": peak()}
        keep(folder, cell, step, found | cost)


def left(study, cell, folder):
    """The steps of a cell that are not done; none where its rows could not be drawn."""
    if "failed" in (kept(folder, cell, DRAW) or {}):
        return []
    return [step for step in steps(study, cell) if kept(folder, cell, step) is None]


def give_up(study, cell, folder, reason):
    """Keep a reason for the first step that is not done: its process ended, or took too long."""
    for step in left(study, cell, folder)[:1]:
        keep(folder, cell, step, {"failed": reason})


def try_again(study, folder):
    """Forget what failed, so that it is done anew."""
    for cell in cells(study):
        for step in steps(study, cell):
            found = kept(folder, cell, step)
            if found is not None and "failed" in found:
                _path(folder, cell, step).unlink()


def ended(status):
    """How a process ended that did not do its cells, in words."""
    return "its process ran out of time" if status is None else f"its process ended with status {status}"


def restarted(python, script, study, group, folder, limit, options=()):
    """Do cells in a process of their own, and in another where it ended; each cell that kills its process says so."""
    import subprocess

    while True:
        todo = [cell for cell in group if left(study, cell, folder)]
        if not todo:
            return
        at = json.dumps([[cell.data, cell.generator, cell.fitted, cell.split] for cell in todo])
        before = sum(len(left(study, cell, folder)) for cell in todo)
        try:
            run = subprocess.run([python, script, "--cells", *options], input=at, text=True, timeout=limit * len(todo))
            status = run.returncode
        except subprocess.TimeoutExpired:
            status = None
        if status in (130, -2):
            raise KeyboardInterrupt
        if not any(left(study, cell, folder) for cell in todo):
            return
        if status == 0 and sum(len(left(study, cell, folder)) for cell in todo) == before:
            sys.exit("a process did nothing and said nothing of it")
        first = next(cell for cell in todo if left(study, cell, folder))
        give_up(study, first, folder, ended(status))
