"""What Anonymeter and domias say of rows that `rivals.py` hands over: called as they ship, in `.venv-rivals`.

A line of the input is the path of an `.npz` file, a line of the output what came of it, as JSON; an empty line asks for
the versions. Each program reads train, held-out and generated rows. Anonymeter gets them as frames, with the held-out
rows as its control. domias wants members, others and a reference that is neither, so that half of the held-out rows are
the others and half the reference; it gets numbers, categories as codes. Neither is changed or rebuilt here.
"""

import json
import logging
import os
import sys
import time
import warnings
from contextlib import redirect_stdout
from importlib.metadata import PackageNotFoundError, version

os.environ["POLARS_MAX_THREADS"] = "1"
import common  # noqa: F401 - sets the number of threads, so before NumPy

# isort: split
import numpy as np
import pandas as pd

PROGRAMS = ("anonymeter", "domias", "torch", "polars")
ATTEMPTS = 5_000  # of Anonymeter's to find 500 queries: its own 10 million would take minutes on 100 columns of 0 and 1
LEVELS = {"city": ["Bonn", "Graz", "Lima", "Oslo", "Rome"], "member": [False, True]}  # of the columns that are codes


def frame(rows, columns):
    """A pandas frame of an array (n, d) of numbers: columns that have levels as these."""
    found = pd.DataFrame(rows, columns=columns)
    for name in set(columns) & set(LEVELS):
        found[name] = np.array(LEVELS[name])[found[name].to_numpy().astype(int)]
    return found


def singling_out(mode):
    """Anonymeter's risk beyond the control, and whether its 95 % interval is above 0, which is how it is read."""

    def attack(train, held_out, generated, columns, seed):
        from anonymeter.evaluators import SinglingOutEvaluator

        ori, control, syn = (frame(rows, columns) for rows in (train, held_out, generated))
        used, tried = min(3, len(columns)), {"max_attempts": ATTEMPTS, "seed": seed}
        evaluator = SinglingOutEvaluator(ori=ori, syn=syn, control=control, n_attacks=500, n_cols=used, **tried)
        risk = evaluator.evaluate(mode=mode).risk()
        return [(risk.value, risk.ci[0] > 0)]

    return attack


def membership(scores):
    """The area under the curve of one of domias' attacks, and whether it is above 1/2."""

    def attack(train, held_out, generated, columns, seed):
        import torch
        from domias import baselines

        torch.set_num_threads(1)
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - domias draws from it
        if set(columns) & set(LEVELS):  # of columns in units of their own
            units = held_out.std(axis=0)
            train, held_out, generated = (rows / np.where(units > 0, units, 1) for rows in (train, held_out, generated))
        others, reference = np.array_split(held_out, 2)
        asked, member = np.concatenate([train, others]), np.arange(len(train) + len(others)) < len(train)
        found = scores(baselines, asked, generated, reference)
        areas = [baselines.compute_metrics_baseline(one, member)[1] for one in found]
        return [(float(area), area > 0.5) for area in areas]

    return attack


ATTACKS = {
    ("Anonymeter, 1 column",): singling_out("univariate"),
    ("Anonymeter, 3 columns",): singling_out("multivariate"),
    ("domias, density", "domias, density ratio"): membership(lambda b, X, G, R: b.kde_baseline(X, G, R)),
    ("domias, Monte Carlo",): membership(lambda b, X, G, R: [b.MC(X, G)]),
    ("domias, GAN-leaks",): membership(lambda b, X, G, R: [b.GAN_leaks(X, G)]),
    ("domias, GAN-leaks calibrated",): membership(lambda b, X, G, R: [b.GAN_leaks_cal(X, G, R)]),
    ("domias, LOGAN",): membership(lambda b, X, G, R: [b.LOGAN_D1(X, G, R)]),
}
NAMES = [name for names in ATTACKS for name in names]


def attacked(arrays, columns, counts, seeds):
    """Scores (NaN where a program fails), own verdicts and processor seconds a call of each attack, and how it failed.

    Parameters
    ----------
    arrays : train, held-out and generated rows, each (repeats, n, d). columns : names.
    counts : name of an attack -> how many of the repeats it is for. seeds : an int a repeat.
    """
    found = {"scores": {}, "own": {}, "seconds": {}, "failed": {}}
    for names, attack in ATTACKS.items():
        told, times = [], []
        for repeat in range(max(counts.get(name, 0) for name in names)):
            start = time.process_time()
            try:
                told.append(attack(*(rows[repeat] for rows in arrays), columns, seeds[repeat]))
            except Exception as error:
                told.append([(float("nan"), False)] * len(names))
                found["failed"] |= {name: f"{type(error).__name__}: {error}" for name in names}
            times.append(time.process_time() - start)
        for i, name in enumerate(names):
            if name in counts:
                found["scores"][name] = [line[i][0] for line in told[: counts[name]]]
                found["own"][name] = [bool(line[i][1]) for line in told[: counts[name]]]
                found["seconds"][name] = float(np.median(times))
    return found


def versions():
    known = {}
    for program in PROGRAMS:
        try:
            known[program] = version(program)
        except PackageNotFoundError:
            known[program] = "not installed"
    return known


def main():
    warnings.simplefilter("ignore")
    logging.disable()
    answers = sys.stdout
    for line in sys.stdin:
        with redirect_stdout(sys.stderr):  # what the programs print is no answer
            if path := line.strip():
                with np.load(path) as given:
                    asked = json.loads(str(given["asked"]))
                    arrays = [given[role] for role in ("train", "held_out", "generated")]
                answer = attacked(arrays, asked["columns"], asked["counts"], asked["seeds"])
            else:
                answer = versions()
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
