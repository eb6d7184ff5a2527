"""Ours beside the programs in use, on the same arrays: the same number, another convention, or a defect of either.

    make conformance

That makes `.venv-conformance` from `benchmarks/conformance.txt` with pip, so that pip's own settings hold: on Linux
PyPI's PyTorch brings some GB of CUDA libraries, and with PIP_EXTRA_INDEX_URL set to PyTorch's index for CPUs it does
not. Nothing else of the project needs that environment. A program that is missing there, or that breaks, is a row
that says so.

`conformance.json` holds

rows : dicts of
    metric : the name in `mg.metrics`; options : those that it was called with, as text.
    input : one of INPUTS below, or the published example. The reference is the training set.
    ours : float, Infinity or NaN. beside : name and version of the other program. theirs : float, or null
        where there is none.
    difference : |ours - theirs| / the largest of |ours|, |theirs| and |ours for an honest sample|; null without theirs.
    verdict : "agrees" (difference at most 1e-6; of a published number, within what is said), "convention", "defect" or
        "not run". why : a sentence, empty only where the numbers agree.
examples : dicts of name, program, code (three lines or so), prints (what they printed in this run), and why.
readme : the means and standard deviations over seeds behind the rows of prdc's example, dicts of metric, published,
    ours, ours_sd, prdc, seeds.
moons : dicts of width, c_t, published (null where the figure shows no number): the curve of Meehan et al.
machine, sizes : as in the other benchmarks, and the programs' versions; rows and features of the arrays.

`python benchmarks/conformance.py --quick` leaves out what takes minutes, and stores nothing.
"""

import contextlib
import io
import sys
from importlib.metadata import PackageNotFoundError, version

from common import among_other_programs, declare_torchvision, machine, store, table  # sets the threads, so before NumPy

# isort: split
import numpy as np
from other_programs import COMPARISONS, EXAMPLES, inputs, ours, prdc, tables
from tqdm import tqdm

import memgen_lite as mg

AGREES = 1e-6
PROGRAMS = ("scipy", "scikit-learn", "pot", "prdc", "clean-fid", "torch-fidelity", "torchmetrics", "sdmetrics")
README = {"precision": 0.4772, "recall": 0.4705, "density": 1.0555, "coverage": 0.9735}  # one draw, no seed
WIDTHS = {0.001: -17.3, 0.01: None, 0.03: None, 0.09: 0.0, 0.3: None, 1: None, 10: 16.2}  # read off the figure
SEEDS = 4


def row(metric, options, name, value, program, theirs, difference, verdict, why):
    return {
        "metric": metric,
        "options": ", ".join(f"{key} = {setting}" for key, setting in options.items()),
        "input": name,
        "ours": value,
        "beside": program,
        "theirs": theirs,
        "difference": difference,
        "verdict": verdict,
        "why": why,
    }


def named(program):
    """A program with its version, or without where it is not installed."""
    try:
        return f"{program} {version(program)}"
    except PackageNotFoundError:
        return program


def difference(value, theirs, scale):
    """|value - theirs| / the largest of both and of a scale; 0 where both are infinite."""
    if value == theirs:
        return 0.0
    largest = max(abs(value), abs(theirs), abs(scale))
    return float("inf") if np.isinf(largest) else abs(value - theirs) / largest


def compared():
    """The rows of all comparisons on small arrays."""
    arrays = inputs()
    for program, metrics, names, column, differs, options, function in tqdm(COMPARISONS, desc="conformance"):
        for name in names:
            given = arrays[name] if column is None else [X[:, [column]] for X in arrays[name]]
            try:
                found, failure = function(*given), None
            except Exception as error:
                found, failure = None, f"{type(error).__name__}: {' '.join(str(error).split())}"
            known = differs.get(name, differs.get(""))
            for metric in metrics:
                theirs = found[metric] if isinstance(found, dict) else found
                label = name if column is None else f"{name}, feature {column} alone"
                value, honest = (ours(metric, arrays[key], column, options) for key in (name, "honest"))
                yield judged(metric, options, label, value, named(program), theirs, failure, honest, known)


def judged(metric, options, name, value, program, theirs, failure, scale, known):
    """One row with its verdict; `known` is what is said of a difference, or of a program that gives no number."""
    if failure:
        return row(metric, options, name, value, program, None, None, "not run", failure)
    if theirs is None:
        return row(metric, options, name, value, program, None, None, *(known or ("not run", "it gives no number")))
    relative = difference(value, float(theirs), scale)
    verdict, why = ("agrees", "") if relative <= AGREES else known or ("unexplained", "")
    return row(metric, options, name, value, program, float(theirs), relative, verdict, why)


def readme():
    """prdc's own example on several seeds: the statistics, and rows beside prdc and beside what its README prints."""
    found = {metric: ([], []) for metric in README}
    for seed in tqdm(range(SEEDS), desc="prdc's example"):
        real, made = np.random.default_rng(seed).normal(size=(2, 10_000, 1000))
        shared = mg.neighbors.Neighborhoods()
        theirs = prdc(real, None, made)
        for metric, (mine, other) in found.items():
            mine.append(mg.metrics.compute(metric, train=real, generated=made, neighborhoods=shared))
            other.append(float(theirs[metric]))
    name = f"prdc's example: 10,000 normal rows of 1,000 features, {SEEDS} seeds"
    for metric, (mine, other) in found.items():
        mean, sd, published = np.mean(mine), np.std(mine, ddof=1), README[metric]
        relative = max(difference(a, b, 0) for a, b in zip(mine, other, strict=True))
        verdict = "agrees" if relative <= AGREES else "unexplained"
        why = "The largest difference of any seed."
        yield row(metric, {"k": 5}, name, mean, named("prdc"), np.mean(other), relative, verdict, why)
        within = abs(mean - published) <= 4 * sd * np.sqrt(1 + 1 / SEEDS) + 5e-5
        why = (
            f"One draw without a seed, to four digits; ours is a mean, and a draw has a standard deviation of {sd:.4f}."
        )
        yield row(
            metric,
            {"k": 5},
            name,
            mean,
            "prdc's README",
            published,
            difference(mean, published, 0),
            "agrees" if within else "unexplained",
            why,
        ) | {"sd": sd}


def moons():
    """The curve of Meehan et al. 2020: C_T of a kernel density on two moons against its width."""
    from sklearn.datasets import make_moons

    for width, published in WIDTHS.items():
        values = []
        for seed in range(SEEDS):
            train, held_out = (make_moons(n, noise=0.2, random_state=2 * seed + n % 3)[0] for n in (2000, 1000))
            rng = np.random.default_rng(seed)
            made = train[rng.integers(2000, size=1000)] + width * rng.normal(size=(1000, 2))
            values.append(mg.metrics.c_t(train, held_out, made))
        yield {"width": width, "c_t": np.mean(values), "sd": np.std(values, ddof=1), "published": published}


def moons_rows(curve):
    for point in curve:
        if point["published"] is not None:
            near = abs(point["c_t"] - point["published"]) <= 0.1 + 4 * point["sd"]
            yield row(
                "c_t",
                {},
                f"two moons, kernel density of width {point['width']:g}, {SEEDS} seeds",
                point["c_t"],
                "figure of Meehan et al. 2020",
                point["published"],
                difference(point["c_t"], point["published"], 16),
                "agrees" if near else "unexplained",
                f"Read off the figure, to .1; ours has a standard deviation of {point['sd']:.2f} between seeds.",
            )


def run_example(example, arrays):
    """The example with what it prints, or with why it did not run."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(example["code"], dict(arrays))
    except Exception as error:
        return example | {"prints": f"not run: {type(error).__name__}: {error}"}
    kept = [line for line in printed.getvalue().splitlines() if not line.startswith("Num real")]  # prdc's own
    return example | {"prints": "\n".join(kept)}


def examples():
    found = inputs()
    train, held_out, honest = found["honest"]
    named = {"train": train, "held_out": held_out, "honest": honest}
    named |= {"memgen_u": found["MemGEN-U"][2], "memgen_p": found["MemGEN-P"][2]}
    frames, metadata = tables(*named.values())
    import pandas as pd

    given = dict(zip(named, frames, strict=True)) | {"metadata": metadata, "np": np, "pd": pd, "mg": mg}
    for example in EXAMPLES:
        np.random.seed(0)  # noqa: NPY002 - what the others draw from
        yield run_example(example, given)


def main():
    quick = "--quick" in sys.argv
    among_other_programs()
    try:
        torchvision = declare_torchvision()
    except ImportError as error:
        torchvision = f"not there: {error}"
    rows = list(compared())
    curve = list(moons())
    rows += moons_rows(curve)
    published = [] if quick else list(readme())
    sds = [found.pop("sd") for found in published if "sd" in found]
    rows += published
    shown = list(examples())
    print(table(rows))
    for example in shown:
        print(f"\n{example['program']}: {example['name']}\n{example['prints']}")
    if not quick:
        found = [program for program in PROGRAMS if named(program) != program]
        store(
            "conformance",
            "Our metrics beside those of other programs on the same arrays",
            rows,
            machine=machine(*found),
            torchvision=torchvision,
            sizes={name: [list(X.shape) for X in arrays] for name, arrays in inputs().items()},
            readme_sd=dict(zip(README, sds, strict=True)),
            moons=curve,
            examples=shown,
        )
    unexplained = [f"{found['metric']} beside {found['beside']}" for found in rows if found["verdict"] == "unexplained"]
    if unexplained:
        sys.exit(f"a difference that nothing explains: {', '.join(unexplained)}")


if __name__ == "__main__":
    main()
