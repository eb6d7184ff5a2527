"""What is asked of the rows of a cell: the audit, and what people use instead; each says what its value reads as.

A measure is a function from a `Case` to a dict of plain values. `words` is what a user of it would take the value to
mean, by its own documentation or by the rule that its user reads: an interval above 0, a score near 1.
"""

import contextlib
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

import memgen_lite as mg
from memgen_lite.evaluation.evaluating import SLOW

ATTEMPTS = 5_000  # of Anonymeter's to find 500 queries, as in attacks.py: its own 10 million would take minutes
# What would take the study past 90 minutes: 7 metrics take two thirds of the time of all 32.
ASKED = [name for name in mg.metrics.names() if name not in SLOW]
LOOKED_UP = 200


@dataclass(frozen=True)
class Case:
    """The rows of a cell: `kind` of data, three samples, groups or None, and a seed."""

    kind: str
    train: object
    held_out: object
    generated: object
    groups: tuple | None
    seed: int


@dataclass(frozen=True)
class Measure:
    """A measure: kinds of data that it reads, on how many of the splits it is asked, its package, and a function."""

    kinds: tuple
    splits: float
    package: str
    ask: Callable


def audited(case):
    found = mg.audit(case.train, case.held_out, case.generated, groups=case.groups, random_state=case.seed)
    return {
        "dose": found.dose,
        "low": found.dose_interval[0],
        "high": found.dose_interval[1],
        "p": found.p_value,
        "p of dependence": found.leakage_p_value,
        "named": len(found.copies),
        "suspects": len(found.suspects),
        "exact": found.exact_control["train"],
        "exact of held-out": found.exact_control["held_out"],
        "p of exact": found.exact_control["p_value"],
        "odds of exact": found.exact_control["odds"],
        "space": found.space,
        "words": found.verdict.partition(":")[0],
        "warnings": len(found.warnings),
        "first warning": found.warnings[0] if found.warnings else "",
    }


def evaluated(case):
    found = mg.evaluate(case.train, case.held_out, case.generated, ASKED, random_state=case.seed)
    told = [row["metric"] for row in found.rows if row["verdict"] == "like a copy"]
    return {
        "value": len(told),
        "like a copy": ", ".join(told),
        "p of nearest": found.nearer["p_value"],
        "words": found.verdict.partition(". ")[0] + ".",
    }


def described(frame):
    """SDMetrics' metadata of a table: numbers are numerical, all else is categorical."""
    kinds = {
        name: {"sdtype": "numerical" if pd.api.types.is_numeric_dtype(column) else "categorical"}
        for name, column in frame.items()
    }
    return {"tables": {"table": {"columns": kinds}}}


def protection(case):
    from sdmetrics.single_table import DCROverfittingProtection

    found = DCROverfittingProtection.compute_breakdown(
        case.train, case.generated, case.held_out, described(case.train), "table"
    )
    score = float(found["score"])
    words = "1 is the best score: not overfitted" if score >= 1 else f"{100 * score:.0f} % protected from overfitting"
    return {"value": score, "words": words}


def new_rows(case):
    from sdmetrics.single_table import NewRowSynthesis

    rows = case.generated.sample(min(LOOKED_UP, len(case.generated)), random_state=case.seed)
    found = NewRowSynthesis.compute_breakdown(
        case.train, rows.copy(), metadata=described(case.train), table_name="table"
    )
    score = float(found["score"])
    return {"value": score, "words": "all rows are new" if score >= 1 else f"{100 * (1 - score):.2g} % are not new"}


def risky(evaluated):
    """Anonymeter's risk beyond the control, and how its interval is read."""
    risk = evaluated.risk()
    low, high = risk.ci
    words = "a risk" if low > 0 else "no risk shown"
    return {"value": float(risk.value), "low": float(low), "high": float(high), "words": words}


def singled_out(case):
    from anonymeter.evaluators import SinglingOutEvaluator

    rows = {"ori": case.train, "syn": case.generated, "control": case.held_out}
    tried = {"n_attacks": 500, "n_cols": 3, "max_attempts": ATTEMPTS, "seed": case.seed}
    return risky(SinglingOutEvaluator(**rows, **tried).evaluate(mode="multivariate"))


def linked(case):
    """With every other column known to one side, the rest to the other."""
    from anonymeter.evaluators import LinkabilityEvaluator

    np.random.seed(case.seed)  # noqa: NPY002 - Anonymeter draws from it
    names, attacks = list(case.train), min(500, len(case.train), len(case.held_out))
    found = LinkabilityEvaluator(
        ori=case.train, syn=case.generated, control=case.held_out, aux_cols=(names[::2], names[1::2]), n_attacks=attacks
    )
    return risky(found.evaluate(n_jobs=1))


def examples():
    """The smallest rows on which another program's number is not what its name says: a table, empty without it.

    DCR protection compares distances to two samples as they are: a larger held-out sample is nearer by its size alone.
    """
    rows = {"train": [0.0], "held_out": [10.0, 20.0, 30.0], "generated": [0.0, 11.0, 19.0, 31.0]}
    frames = {role: pd.DataFrame({"x": values}) for role, values in rows.items()}
    try:
        score = protection(Case("table", **frames, groups=None, seed=0))["value"]
    except ImportError:
        return []
    why = "one row in four is the only training row itself; held-out rows are three times as many, and so are nearer"
    return [
        {"program": "SDMetrics, DCR protection"}
        | {role: str(rows[role]) for role in rows}
        | {"says": score, "why": why}
    ]


ALL = ("table", "pictures", "texts")
MEASURES = {
    "audit": Measure(ALL, np.inf, "memgen_lite", audited),
    "DCR protection": Measure(("table",), 1, "sdmetrics", protection),
    "new rows": Measure(("table",), 1, "sdmetrics", new_rows),
    "singling out": Measure(("table",), 1, "anonymeter", singled_out),
    "linkability": Measure(("table",), 1, "anonymeter", linked),
    "evaluate": Measure(ALL, 1, "memgen_lite", evaluated),
}


@contextlib.contextmanager
def quiet():
    """What packages print and warn of on the way, and the bars of single steps, are no part of a run's output."""
    with (
        open(os.devnull, "w") as nothing,
        contextlib.redirect_stdout(nothing),
        contextlib.redirect_stderr(nothing),
        warnings.catch_warnings(action="ignore"),
    ):
        yield
