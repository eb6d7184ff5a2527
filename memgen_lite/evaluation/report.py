"""The table that :func:`memgen_lite.evaluate` returns: in a notebook, in a terminal and in files."""

import json
import textwrap
from typing import Any

import numpy as np

from ..shared.figures import Picture, picture
from ..shared.files import write
from ..shared.kinds.base import columns_said
from ..shared.types import FilePath
from . import page
from .strips import figure
from .words import sentence

NUMBERS = (
    "train", "held_out", "gap", "honest", "honest_low", "honest_high", "honest_gap", "memgen_u", "memgen_p",
    "p_single", "p_value",
)  # fmt: skip
# How wide each is in a terminal, from the left where below 0.
_COLUMNS = {
    "verdict": -12, "p": 5, "train": 9, "held-out": 9,
    "gap": 9, "honest": 9, "5 %-95 %": 19, "MemGEN-U": 9, "MemGEN-P": 9, "rows": 7,
}  # fmt: skip


class Evaluation:
    """What :func:`memgen_lite.evaluate` found. It shows itself as a table, in a notebook and in a terminal.

    Attributes
    ----------
    verdict : str, a plain sentence, by the rule of :func:`memgen_lite.evaluation.words.sentence`, and then names.
    warnings : list of str, what to know before the table is read.
    stamp : dict: rows given and used, seed, versions, and each metric's conventions.
    rows : list of dicts, one for each metric, with the columns of :meth:`to_frame`.
    """

    def __init__(self, rows, warnings, stamp):
        self.rows, self.warnings, self.stamp = rows, warnings, stamp

    @property
    def nearer(self) -> dict:
        """How many generated rows are nearest to a training row, see :mod:`memgen_lite.evaluation.nearer`."""
        return self.stamp["nearer_to_train"]

    @property
    def nearer_words(self) -> str:
        """The same in a sentence."""
        found, used = self.nearer, self.nearer["of"]
        return (
            f"Of {used:,} generated rows, {found['rows']:,} have a training row as the nearest of all real rows; a "
            f"model that copies none would have about {found['expected']:,.0f} (p = {found['p_value']:.2g})."
        )

    @property
    def verdict(self) -> str:
        def listed(verdict):
            return ", ".join(row["metric"] for row in self.rows if row["verdict"] == verdict)

        parts = {
            "Told from fresh data, on the side where MemGEN is": "like a copy",
            "Told, and not as MemGEN is": "off",
            "Here MemGEN itself passes": "blind",
        }
        named = [f"{what}: {names}." for what, verdict in parts.items() if (names := listed(verdict))]
        return " ".join([sentence(self.rows, self.nearer), *named])

    def plot(self) -> Picture:
        """A strip for each metric, by family, as a picture that shows itself with its words.

        The gray band holds the middle 90 % of fresh data, all bands scaled to one width; `.figure` is the matplotlib
        Figure, to change or to save.
        """
        return picture(figure(self.rows, self.nearer), self.verdict)

    def to_html(
        self,
        path: FilePath,
        *,
        model: str | None = None,
        data: str | None = None,
        date: Any = None,
        decision: str | None = None,
    ) -> None:
        """Write one self-contained page: a sentence, a strip for each metric, all figures on demand, a glossary.

        Parameters
        ----------
        path : where to. model, data : what was evaluated, and what it was trained on, by name. date : when, a date or a
            str, or "today"; without it the page has none, and equal evaluations have equal pages. decision : what was
            decided, a str; without it there is a line to fill in by hand when the page is printed.
        """
        write(path, page.document(self, model=model, data=data, date=date, decision=decision))

    def to_frame(self):
        """A DataFrame, one row for each metric.

        `rows`, `train_rows`: how many held-out and generated, and how many training rows were used. `train`,
        `held_out`, `gap`: the values and their difference; NaN where a metric has no such value, and the gap also
        where the two are of different sizes.
        `honest`, `honest_low`, `honest_high`: mean, 5 % and 95 % point of honest samples' values against train;
        `honest_gap`: of their gaps. `memgen_u`, `memgen_p`: the controls' values against train. `p_single`, `p_value`:
        of this metric alone, and corrected over the table. `verdict`: "like a copy" (p <= .05, on the side of the
        honest mean where MemGEN is), "off" (p <= .05 otherwise), "as honest", "blind" (the same, and MemGEN is within
        3 standard deviations of honest too) or "not computed". `reason`: why there is no value or no p-value.
        """
        import pandas as pd

        return pd.DataFrame(self.rows).set_index("metric")

    def to_json(self, path=None):
        """The verdict, warnings, stamp and table as JSON: returned, or written to `path`. inf is "inf", NaN null."""

        def plain(x):
            return x if not isinstance(x, float) or np.isfinite(x) else None if np.isnan(x) else str(x)

        table = [{key: plain(value) for key, value in row.items()} for row in self.rows]
        whole = {"verdict": self.verdict, "warnings": self.warnings, **self.stamp, "table": table}
        text = json.dumps(whole, indent=1, allow_nan=False) + "\n"
        return text if path is None else write(path, text)

    def to_csv(self, path):
        """Write :meth:`to_frame` to `path`."""
        write(path, self.to_frame().to_csv(lineterminator="\n"))

    def notes(self):
        """What was used, and how, in sentences."""
        s = self.stamp
        given = ", ".join(f"{n:,} {name.replace('_', '-')}" for name, n in s["rows"].items())
        used = f"{s['rows_used']:,} rows of each sample used, of {given}"
        if s["train_rows_used"] != s["rows_used"]:
            used += f" ({s['train_rows_used']:,} training rows by the metrics of copying, whose gaps are left out)"
        yield (
            f"{used}; {s['features']:,} features; p from {s['n_null']} relabelings, corrected over the table (max-T); "
            f"honest: mean and middle of {s['n_honest']} splits of the real rows."
        )
        if few := {row["rows"] for row in self.rows} - {s["rows_used"]}:
            yield f"Metrics that cost more than pairs of rows do took fewer rows: {', '.join(map(str, sorted(few)))}."
        if columns := columns_said(s["columns_read"]):
            yield columns
        for name, text in s["options"].items():
            yield f"{name} with {text}."
        yield f"Seed {s['random_state']}; " + ", ".join(f"{k} {v}" for k, v in s["versions"].items()) + "."

    def _cells(self):
        for row in self.rows:
            numbers = [_short(row[key]) for key in ("train", "held_out", "gap", "honest")]
            controls = [_short(row[key]) for key in ("memgen_u", "memgen_p")]
            p = "" if np.isnan(row["p_value"]) else f"{row['p_value']:.2g}"
            interval = "..".join(_short(row[key]) for key in ("honest_low", "honest_high")).strip(".")
            yield [row["metric"], row["verdict"], p, *numbers, interval, *controls, f"{row['rows']:,}"]

    def __repr__(self):
        def wrapped(lines):
            return [part for line in lines for part in textwrap.wrap(line, 120)]

        def line(first, cells):
            pairs = zip(cells, _COLUMNS.values(), strict=True)
            return f"{first:<23}" + "".join(f"{x:<{-w}}" if w < 0 else f"{x:>{w}}" for x, w in pairs)

        lines = wrapped([self.verdict, self.nearer_words, *(f"Warning: {text}" for text in self.warnings)])
        lines += ["", line("metric", _COLUMNS), *(line(first, cells) for first, *cells in self._cells()), ""]
        reasons = [f"{row['metric']}: {row['reason']}" for row in self.rows if row["reason"]]
        return "\n".join(lines + wrapped([*reasons, *self.notes()]))

    def _repr_html_(self):
        return page.fragment(self)


def _short(x):
    text = "" if np.isnan(x) else f"{x:.3g}"
    return text if len(text) <= 8 else f"{x:.1e}"
