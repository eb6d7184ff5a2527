"""Generators that people use on data that packages bring: what the audit says of each, and what other measures say.

python benchmarks/field.py                   all that is not done yet, two processes at a time; then it is stored
python benchmarks/field.py --minutes=20      no cell is begun after so many minutes
python benchmarks/field.py births CART       these data sets, generators or measures alone
python benchmarks/field.py --again           what failed, too; --anew: everything; --jobs=1: one process
python benchmarks/field.py --from-record     what the stored record has is not done again: on another machine
python benchmarks/field.py --store           only the record, of what is done
python benchmarks/field.py --try             three small stand-ins that need no other package; nothing is stored

Runs in an environment of its own (make field). A cell is a data set, a generator, what it was fitted to and one of five
splits of the data into training, held-out and other rows. Each generator is fitted twice: to the training rows, and to
the others, of which whatever accuses it is a false alarm. The steps of a cell are kept in `build/field` as they are
done, so that an interrupted run goes on where it stopped. They are those of the code that did them: after a change to
the audit, `--anew`.

`field.json` holds

rows : dicts of data, generator, fitted, split and measure, with what the measure said, processor seconds and the most
    memory held (MiB, the interpreter and its libraries included), or `failed`, the reason.
summary, tables : what `benchmarks/README.md` shows of these; what was not run is named.
"""

import json
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from common import FOLDER, machine, peak_memory, store, table  # sets the number of threads, so before NumPy

# isort: split
import numpy as np
import pandas as pd
from fieldwork import tables
from fieldwork.cells import FIELD, Cell, Study, cells, do, keep, left, restarted, steps, try_again
from fieldwork.datasets import Data, Parts
from fieldwork.generators import Generator, bootstrap
from fieldwork.measures import MEASURES, Measure, examples
from tqdm import tqdm

import memgen_lite as mg

OPTIONS = {"minutes", "jobs", "again", "anew", "from-record", "store", "try", "cells", "folder", "only"}
KEPT, LIMIT = FOLDER.parent / "build" / "field", 600
PROGRAMS = (
    "sdv", "ctgan", "copulas", "python-synthpop", "DataSynthesizer", "arfpy", "imbalanced-learn", "markovify",
    "sdmetrics", "anonymeter", "torch", "jax", "statsmodels",
)  # fmt: skip
NOT_HAD = [
    {"what": "faces in a feature space", "why": "no package was found that installs a face network with its weights "
     "beside faces enough for three parts; scikit-image brings 100 faces of 25 x 25 pixels"},
    {"what": "Synth-MIA", "why": "is no package of the registry"},
    {"what": "domias", "why": "wants a NumPy that this package is too new for; benchmarks/rivals.py asks it"},
]  # fmt: skip


def small(rng):
    """A table of 3 x 60 rows, made on the fly."""
    rows = pd.DataFrame({"age": rng.integers(18, 90, size=180), "city": rng.choice(["Rome", "Oslo"], size=180)})
    rows["income"] = np.exp(9 + rows["age"] / 60 + rng.normal(size=180)).round(2)
    return Parts(*(rows.iloc[low : low + 60].reset_index(drop=True) for low in (0, 60, 120)))


def shuffled(train, n, seed):
    """Each column anew, from its own values."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: rng.choice(column, size=n) for name, column in train.items()})


def absent(train, n, seed):
    import a_package_that_is_not_there  # noqa: F401 - what is shown is that it can't be


def broken(train, n, seed):
    raise ValueError("no rows today")


TRY = Study(
    {"a table": Data("table", "made on the fly", small)},
    {
        "bootstrap": Generator("table", "memgen_lite", bootstrap, "copies"),
        "shuffled": Generator("table", "numpy", shuffled),
        "absent": Generator("table", "none", absent),
        "broken": Generator("table", "none", broken),
    },
    {"audit": MEASURES["audit"], "rows": Measure(("table",), 1, "numpy", lambda case: {
        "value": float(len(case.generated)), "words": "so many rows"})},
    splits=2,
)  # fmt: skip


def narrowed(study, names):
    """The study of these data sets, generators and measures alone; of each kind of name that is not given, all."""
    if unknown := sorted(set(names) - {*study.data, *study.generators, *study.measures}):
        known = ", ".join([*study.data, *study.generators, *study.measures])
        sys.exit(f"nothing is called {', '.join(unknown)}; there are {known}")

    def some(of):
        return {name: one for name, one in of.items() if name in names} or of

    return replace(study, data=some(study.data), generators=some(study.generators), measures=some(study.measures))


def batches(study):
    """Cells that one process does, so that it imports what they need once: generators as listed, the cheap first."""
    found = {}
    for cell in cells(study):
        found.setdefault((list(study.generators).index(cell.generator), cell.data), []).append(cell)
    return [found[key] for key in sorted(found, key=lambda key: (key[0], list(study.data).index(key[1])))]


def run(study, folder, jobs=2, minutes=None, options=()):
    """Do what is not done, `jobs` processes at a time, none begun after so many minutes."""
    folder.mkdir(parents=True, exist_ok=True)
    end = np.inf if minutes is None else time.monotonic() + 60 * minutes
    todo = [group for group in batches(study) if any(left(study, cell, folder) for cell in group)]
    with tqdm(total=len(todo), desc="field") as bar, ThreadPoolExecutor(jobs) as pool:

        def work(group):
            if time.monotonic() < end:
                options_here = [f"--folder={folder}", *options]
                restarted(sys.executable, FOLDER / "field.py", study, group, folder, LIMIT, options_here)
                bar.update()

        futures = [pool.submit(work, group) for group in todo]
        try:
            for future in futures:
                future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def versions():
    found = {}
    for program in PROGRAMS:
        try:
            found[program] = version(program)
        except PackageNotFoundError:
            found[program] = "not installed"
    return found


def take_record(study, folder, record):
    """Keep the steps of cells that the record has whole, where none failed and none is kept; of the same versions."""
    if others := [name for name, which in versions().items() if record["machine"].get(name) != which]:
        sys.exit(f"the stored record is of other versions of {', '.join(others)}: --anew does all of it with these")
    found = {}
    for row in record["rows"]:
        cell = Cell(row["data"], row["generator"], row["fitted"], row["split"])
        found.setdefault(cell, {})[row["measure"]] = row
    for cell in cells(study):
        of = found.get(cell, {})
        whole = all(step in of and "failed" not in of[step] for step in steps(study, cell))
        if whole and left(study, cell, folder) == steps(study, cell):  # what was done here is not replaced
            for step in steps(study, cell):
                keep(folder, cell, step, of[step])


def rounded(value):
    return float(f"{value:.4g}") if isinstance(value, float) else value


def study_of(study, folder):
    """What is stored: rows, summary and tables."""
    rows, missing = tables.results(study, folder)
    told = {
        "Accused without having seen the training rows, or private": tables.alarms(study, rows),
        "Each of these": tables.each_alarm(study, rows),
        "Known copiers: on how many splits they are found": tables.copiers(study, rows),
        "What a user would read": tables.beside(study, rows),
        "What it costs": tables.costs(rows),
        "What failed": tables.failures(rows),
        "Not run": tables.not_run(missing),
        "Not had": NOT_HAD,
    }
    short = [{key: rounded(value) for key, value in row.items() if key != "seconds"} for row in rows]
    return short, tables.summary(study, rows), {title: lines for title, lines in told.items() if lines}


def save(study, folder):
    rows, summary, told = study_of(study, folder)
    store(
        "field",
        f"Generators in the field: {len(summary)} lines of data set, generator and what it was fitted to; "
        f"doses of the audit over {study.splits} splits, and medians of other measures",
        rows,
        summary=summary,
        tables=told | {"The smallest examples": smallest} if (smallest := examples()) else told,
        machine=machine("scipy", "scikit-learn", "pandas") | versions(),
        sources={name: one.source for name, one in study.data.items()},
    )


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    options = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
    if unknown := set(options) - OPTIONS:
        sys.exit(f"unknown option: --{', --'.join(sorted(unknown))}")
    whole = TRY if "try" in options else FIELD
    folder = Path(options.get("folder") or (KEPT.with_name("field-try") if "try" in options else KEPT))
    only = json.loads(options["only"]) if "only" in options else words
    study = narrowed(whole, only)
    if "cells" in options:
        for at in json.loads(sys.stdin.read()):
            do(study, Cell(*at), folder, peak_memory)
        return
    if "anew" in options:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    if "from-record" in options:
        take_record(study, folder, mg.data.record("field"))
    if "again" in options:
        try_again(study, folder)
    if "store" not in options:
        passed = [f"--only={json.dumps(words)}", *(["--try"] if "try" in options else [])]
        minutes = float(options["minutes"]) if "minutes" in options else None
        run(study, folder, int(options.get("jobs", 2)), minutes, passed)
    if "try" not in options:
        save(whole, folder)
    _, summary, told = study_of(whole, folder)
    print(*(table(lines) for lines in [summary, *told.values()] if lines), sep="\n\n")


if __name__ == "__main__":
    main()
