"""The audit beside Anonymeter's singling out and domias' attacks on the same rows, each of these at its calibrated 5 %.

python benchmarks/rivals.py          100 repeats a cell, 99 to find each critical value: 20 minutes of one core
python benchmarks/rivals.py 20 19    fewer of both, not stored

They run in an environment of their own (make rivals), and `attacks.py` calls them there. Three verdicts of `mg.audit`
are read at p <= .05: that rows are copied, that the model depends on its training rows, and that rows of train were
generated exactly; nothing is told to it but the rows. The other programs have no p-value: a score of theirs rejects
above what it exceeds in 5 % of simulations with a generator that is blind, of the same law, which is more than its
users have. What those would read is counted too: Anonymeter's interval of the risk above 0, and an area under the curve
above 1/2. The slow ones have fewer repeats; LOGAN, which trains a network a call, is asked of models that learned and
of nothing else. Where one wins, the same cell is run once more with the copies taken from rows that are neither train
nor held out.

Synth-MIA is no package of the registry, and shadow models, which fit the generator anew a hundred times, are not cheap:
neither is here.
"""

import json
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

from attacks import LEVELS, NAMES, frame
from common import FOLDER, machine, python_of, store, table  # sets the number of threads, so before NumPy

# isort: split
import numpy as np
import pandas as pd
import power
from sight import tables
from tqdm import tqdm

import memgen_lite as mg

LEVEL, SEED, N = 0.05, 20, 300
OURS = {"copies": "audit: copies", "depends": "audit: depends", "exact": "audit: exact rows"}
FEWER = {"Anonymeter, 3 columns": 0.4, "domias, LOGAN": 0.4}  # of the repeats


@dataclass(frozen=True)
class Law:
    """Rows (n, d) as numbers, the names of their columns, and how a user would hand them to the audit."""

    draw: Callable
    columns: list
    given: Callable


def columns(d):
    return [f"x{i}" for i in range(d)]


def framed(names):
    return lambda rows: frame(rows, names)


def people(rng, n):
    """A table of an age, an income, a weight, a city and a membership, in numbers."""
    parts = [part for _ in range(-(-n // 800)) for part in tables(rng)]
    rows = pd.concat(parts, ignore_index=True)[:n]
    codes = {name: rows[name].map({level: i for i, level in enumerate(LEVELS[name])}) for name in LEVELS}
    return rows.assign(**codes).to_numpy(float)


def alleles(rng, n):
    return (rng.random((n, 100)) < rng.beta(2, 2, size=100)).astype(float)


PEOPLE = ["age", "income", "weight", "city", "member"]
LAWS = {
    "table, 8 normal columns": Law(power.normal(8), columns(8), framed(columns(8))),
    "table of people, 5 columns": Law(people, PEOPLE, framed(PEOPLE)),
    "moons, 2-D": Law(power.moons, columns(2), lambda rows: rows),
    "digits, 8 × 8": Law(power.digits, columns(64), lambda rows: rows.reshape(-1, 8, 8)),
    "alleles, 100-D": Law(alleles, columns(100), lambda rows: rows),
    "normal, 16-D": Law(power.normal(16), columns(16), lambda rows: rows),
}


def moved(by):
    return lambda rng, copies, fresh: copies + by * power.scale(fresh) * rng.normal(size=copies.shape)


def anew(*which):
    """Two columns of a copy are those of another person."""

    def change(rng, copies, fresh):
        found = copies.copy()
        found[:, which] = fresh[: len(copies), which]
        return found

    return change


ALTERED = {
    "exact": lambda rng, copies, fresh: copies,
    "moved by .02": moved(0.02),
    "moved by .1": moved(0.1),
    "moved by .2": moved(0.2),
    "two columns made anew": anew(2, 3),
    "mirrored": lambda rng, copies, fresh: copies.reshape(-1, 8, 8)[:, :, ::-1].reshape(-1, 64),
}
LEARNED = {
    "its frequencies": lambda rng, rows: (rng.random(rows.shape) < rows.mean(axis=0)).astype(float),
    "its mean and covariance": lambda rng, rows: rng.multivariate_normal(rows.mean(axis=0), np.cov(rows.T), size=N),
}


@dataclass(frozen=True)
class Cell:
    """What a generator does with rows of `source`: it copies a share of them, altered, or it learned from all."""

    law: str
    what: str = "fresh"
    share: float = 0.0
    source: str = "train"  # or "other": rows that are neither train nor held out

    @property
    def ours(self):
        """The audit's verdict that is meant for such a generator."""
        return OURS["depends" if self.what in LEARNED else "copies"]

    @property
    def blind(self):
        """The same generator without copies, and not fitted to train: what critical values are from."""
        if self.what in LEARNED:
            return replace(self, source="other")
        return Cell(self.law, source="other")

    @property
    def methods(self):
        """All, but LOGAN only of what learned."""
        return [*OURS.values(), *(name for name in NAMES if "LOGAN" not in name or self.what in LEARNED)]

    @property
    def name(self):
        learned = f"learned {self.what}"
        return learned if self.what in LEARNED else f"{100 * self.share:g} % {self.what}" if self.share else self.what


CELLS = [
    Cell("table, 8 normal columns", "exact", 0.01),
    Cell("table, 8 normal columns", "exact", 0.05),
    Cell("table, 8 normal columns", "moved by .2", 0.05),
    Cell("table, 8 normal columns", "two columns made anew", 0.2),
    Cell("table of people, 5 columns", "exact", 0.01),
    Cell("table of people, 5 columns", "two columns made anew", 0.2),
    Cell("moons, 2-D", "moved by .02", 0.05),
    Cell("moons, 2-D", "moved by .1", 0.3),
    Cell("digits, 8 × 8", "exact", 0.02),
    Cell("digits, 8 × 8", "mirrored", 0.2),
    Cell("alleles, 100-D", "its frequencies"),
    Cell("normal, 16-D", "its mean and covariance"),
]


def draw(cell, rng):
    """Train, held-out and generated rows of a cell, each (N, d)."""
    train, held_out, other, fresh = np.split(LAWS[cell.law].draw(rng, 4 * N), 4)
    source = train if cell.source == "train" else other
    if cell.what in LEARNED:
        return train, held_out, LEARNED[cell.what](rng, source)
    copies = source[rng.integers(N, size=round(cell.share * N))]
    if len(copies):
        copies = ALTERED[cell.what](rng, copies, fresh)
    return train, held_out, np.concatenate([copies, fresh[len(copies) :]])


def audited(given, seed):
    """Minus the p-values of the three verdicts, and whether the sentence accuses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = mg.audit(*given, random_state=seed)
    p_values = found.p_value, found.leakage_p_value, found.exact_control["p_value"]
    return [-p for p in p_values], found.verdict.startswith(("Copies", "Leans"))


class Elsewhere:
    """The other programs, at work in their environment as long as this is open."""

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        command = [python_of("rivals"), FOLDER / "attacks.py"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.versions = self._answer("")
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._folder.cleanup()

    def _answer(self, line):
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        if not (line := self._process.stdout.readline()):
            raise RuntimeError("the other environment's program has ended; what it said is above")
        return json.loads(line)

    def __call__(self, arrays, columns, counts, seeds):
        """As `attacks.attacked`, which it calls."""
        path = Path(self._folder.name) / "rows.npz"
        asked = json.dumps({"columns": columns, "counts": counts, "seeds": seeds})
        np.savez(path, asked=asked, **dict(zip(("train", "held_out", "generated"), arrays, strict=True)))
        return self._answer(path)


def fewer(repeats, name):
    """How many repeats a method has; of 99 for a critical value 39 or 19, so that 5 % of one more is whole."""
    odd = repeats % 20 == 19
    return max(round(FEWER.get(name, 1) * (repeats + odd)) - odd, 1)


def scores(cell, repeats, elsewhere, methods=None):
    """What each method says of the same rows, repeat by repeat: a dict of `scores`, `own`, `seconds` and `failed`.

    `scores` and `own` are by method, arrays of one for each repeat, or of fewer where the method is slow: then of the
    first ones.
    """
    methods = methods or cell.methods
    seeds = [crc32(f"{SEED} {cell!r} {repeat}".encode()) for repeat in range(repeats)]
    drawn = [draw(cell, np.random.default_rng(seed)) for seed in seeds]
    asked = {name: fewer(repeats, name) for name in methods if name in NAMES}
    law = LAWS[cell.law]
    found = elsewhere([np.stack(rows) for rows in zip(*drawn, strict=True)], law.columns, asked, seeds)
    start = time.process_time()
    told = [audited([law.given(rows) for rows in arrays], seed) for arrays, seed in zip(drawn, seeds, strict=True)]
    took = (time.process_time() - start) / repeats
    for i, name in enumerate(OURS.values()):
        if name in methods:
            found["scores"][name] = [values[i] for values, _ in told]
            found["own"][name] = [values[i] >= -LEVEL for values, _ in told]
            found["seconds"][name] = took
    found["own"][OURS["copies"]] = [accused for _, accused in told]
    return found | {key: {name: np.array(found[key][name]) for name in found[key]} for key in ("scores", "own")}


def critical_values(found):
    """As `power.critical_values`, of the repeats in which a method has a score; no score is above that of none."""
    known = {name: values[~np.isnan(values)] for name, values in found["scores"].items()}
    never = {name: np.inf for name, values in known.items() if not len(values)}
    return power.critical_values({name: known[name] for name in known if name not in never}) | never


def rejections(found, critical):
    """Bool arrays: where each method rejects, the audit by its p-values, the others above their critical values.

    Where there is no score, nothing is rejected.
    """
    return {
        name: values >= -LEVEL - 1e-12 if name in OURS.values() else values > critical[name]
        for name, values in found["scores"].items()
    }


def wins(cell, rejected):
    """The methods of others that reject more often than the audit's verdict for such a cell, beyond chance."""
    ours = rejected[cell.ours]
    better = []
    for name in [name for name in rejected if name in NAMES]:
        many = min(len(ours), len(rejected[name]))
        better += power.wins({"audit": ours[:many], name: rejected[name][:many]})
    return better


def line(cell, found, values):
    """A row of a table: the cell, and a share for each method, or none where a method has no score."""
    told = {name for name, known in found["scores"].items() if not np.isnan(known).all()}
    shares = {name: float(np.mean(values[name])) if name in told else None for name in [*OURS.values(), *NAMES]}
    return {"rows": cell.law, "generated": cell.name} | shares


def study(cells, nulls, alternatives, ask):
    """Everything that is stored.

    Parameters
    ----------
    cells : list of Cell. nulls, alternatives : numbers of repeats without copies, and with.
    ask : function (cell, repeats, methods) as `scores` without its `elsewhere`.
    """
    blind = list(dict.fromkeys(cell.blind for cell in cells))
    null = {cell: ask(cell, nulls) for cell in tqdm(blind, desc="critical values")}
    critical = {cell: critical_values(found) for cell, found in null.items()}
    record = {"rows": [], "wins": [], "own": [], "seconds": [], "failed": []}
    for cell, found in null.items():
        shown = replace(cell, source="train")
        record["own"].append(line(shown, found, found["own"]) | {"generated": f"blind: {shown.name}"})
        seconds = {name: found["seconds"].get(name) for name in ("audit: copies", *NAMES)}
        record["seconds"].append({"rows": cell.law, "audit": seconds.pop("audit: copies")} | seconds)
        for name, why in found["failed"].items():
            share = float(np.isnan(found["scores"][name]).mean())
            record["failed"].append(
                {"rows": cell.law, "program": name, "share of calls": share, "why": why.split(". ")[0]}
            )
    for cell in tqdm(cells, desc="power"):
        found = ask(cell, alternatives)
        rejected = rejections(found, critical[cell.blind])
        record["rows"].append(line(cell, found, rejected))
        record["own"].append(line(cell, found, found["own"]))
        ahead = wins(cell, rejected)
        if ahead:
            other = replace(cell, source="other")
            placebo = rejections(ask(other, alternatives, ahead), critical[cell.blind])
        for name in ahead:
            record["wins"].append(
                {"rows": cell.law, "generated": cell.name, "program": name, "its power": rejected[name].mean()}
                | {"the audit's": rejected[cell.ours].mean(), "by": cell.ours.removeprefix("audit: ")}
                | {"exact rows": rejected[OURS["exact"]].mean(), "its alarms without a copy": placebo[name].mean()}
            )
    return record


def save(record, nulls, alternatives, versions):
    few = ", ".join(f"{name} {fewer(alternatives, name)} and {fewer(nulls, name)}" for name in FEWER)
    titles = {
        "wins": "Where another program beats the audit's verdict beyond chance",
        "own": "By the rule that its user reads: the audit's sentence, a risk above 0, an area above 1/2",
        "seconds": "Processor seconds a call",
        "failed": "What can't be computed",
    }
    store(
        "rivals",
        f"Power at 5 % beside Anonymeter and domias at simulated critical values; {alternatives} repeats a cell "
        f"(standard error {0.5 / np.sqrt(alternatives):.2f} at most), {nulls} for a critical value; {few}",
        record["rows"],
        machine=machine("scipy", "scikit-learn", "pandas") | versions,
        tables={title: record[key] for key, title in titles.items() if record[key]},
        repeats=alternatives,
        nulls=nulls,
    )


def main():
    alternatives, nulls = (int(given) for given in sys.argv[1:3]) if len(sys.argv) > 2 else (100, 99)
    with Elsewhere() as elsewhere:

        def ask(cell, repeats, methods=None):
            return scores(cell, repeats, elsewhere, methods)

        record = study(CELLS, nulls, alternatives, ask)
        if len(sys.argv) < 3:
            save(record, nulls, alternatives, elsewhere.versions)
    print(*(table(rows) for rows in record.values() if rows), sep="\n\n")


if __name__ == "__main__":
    main()
