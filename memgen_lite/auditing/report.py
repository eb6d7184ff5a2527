"""What an audit found, and how it says so."""

import json
import textwrap
from functools import cached_property

import numpy as np

from ..shared.files import write
from . import page
from .ladder import ladder, place
from .pairs import Pairs


class CopyAudit:
    """What :func:`memgen_lite.audit` found. It shows itself, in a notebook and in a terminal.

    Attributes
    ----------
    dose : float, the share of generated rows nearest to a training row, rescaled: 0 expected of a blind generator, c of
        one that copies a share c of the time and is blind otherwise.
    dose_interval : (low, high), 95 %, of the share of *these* generated rows that was copied.
    p_value : float, exact: of a walk like this, had the model not looked at train more than at held-out.
    copies : frame, a row for each training row named at false discovery rate q, closest first: `train_row`,
        `generated_rows` (list, closest first), `distance`, `ratio` (to that of the 6th nearest row), `q_value`.
    exact_matches : frame, a row for each training value that was generated: `train_row` (the first), `generated_rows`,
        `in_held_out` (then it says nothing). Facts, that need no statistics.
    resolution : int, the fewest rows that can be named at rate q.
    ambiguous : dict: `tied`, generated rows nearest to a training and a held-out row alike; `in_both`, training rows
        whose value stands in held-out.
    assumptions : frame: `check`, `holds` (True, False, or None where that can't be told), `finding`.
    warnings : list of str, to be read before the verdict.
    ladder : frame (computed when first asked for), doses of familiar models fitted to the same rows.
    verdict : str, one sentence.
    walk, near : what was measured, see memgen_lite.auditing. stamp : dict: sizes, parameters, versions.
    """

    def __init__(self, inputs, measured, assumptions, warnings, stamp):
        import pandas as pd

        self._inputs, self._measured = inputs, measured
        self.walk, self.near = measured.walk, measured.near
        self.warnings, self.stamp = warnings, stamp
        self.dose, self.dose_interval, self.p_value = self.walk.dose, self.walk.dose_interval, self.walk.p_value
        self.resolution = self.walk.resolution
        self.copies = pd.DataFrame(
            measured.copies, columns=["train_row", "generated_rows", "distance", "ratio", "q_value"]
        )
        self.exact_matches = pd.DataFrame(
            exact_matches(inputs.same), columns=["train_row", "generated_rows", "in_held_out"]
        )
        self.ambiguous = {"tied": np.flatnonzero(self.near.tied), "in_both": self.near.shared}
        self.assumptions = pd.DataFrame(assumptions, columns=["check", "holds", "finding"]).astype({"holds": object})

    @cached_property
    def ladder(self):
        return ladder(self._inputs, self.stamp)

    @property
    def verdict(self):
        low, high = self.dose_interval
        dose = f"as if it copied {_share(max(self.dose, 0))} of the time ({_share(low)} to {_share(high)})"
        p, named = f"p = {self.p_value:.2g}", len(self.copies)
        if named:
            rows = f"{named:,} training row{'s are' if named > 1 else ' is'} named"
            return f"Copies: {dose}; {rows} at false discovery rate {self.stamp['q']:g}, {p}."
        none = f"no row is named (the fewest would be {self.resolution:,}), {p}"
        if low > 0:
            return f"Leans on its training rows: {dose}; {none}."
        if self.p_value <= 0.05:
            return f"Leans on some training rows, too few for a dose: {dose}; {none}."
        if high >= 0.5:
            return f"Can't tell: {dose}; {none}."
        return f"No sign of copying: {dose}; {none}."

    @property
    def placed(self):
        """Where the dose stands on the ladder, in words; computes the ladder."""
        return place(self.dose, self.ladder)

    def plot(self):
        """A matplotlib Figure: the dose (on the ladder, if that was asked for), and the walk with the rows named."""
        return page.figure(self)

    def pairs(self, k=8):
        """The k closest of the named rows beside the generated rows that sit on them: a :class:`Pairs`."""
        return Pairs(self._inputs, self._measured.copies[:k])

    def describe(self):
        """Sizes, distance, relabelings, seed and versions, in a line."""
        rows = ", ".join(f"{n:,} {name.replace('_', '-')}" for name, n in self.stamp["rows"].items())
        return (
            f"{rows} rows; {self.stamp['metric']} distance in {self.stamp['features']:,} features; "
            f"{self.stamp['n_relabelings']:,} relabelings; seed {self.stamp['random_state']}; "
            + ", ".join(f"{name} {number}" for name, number in self.stamp["versions"].items())
        )

    def to_html(self, path):
        """Write one self-contained page: the verdict, a figure, named rows beside their copies, tables."""
        write(path, page.document(self))

    def _repr_html_(self):
        return page.fragment(self)

    def to_dict(self):
        """All findings as plain dicts, lists, numbers and strings; the ladder only if it was asked for."""
        found = {
            "verdict": self.verdict,
            "warnings": self.warnings,
            "dose": self.dose,
            "dose_interval": list(self.dose_interval),
            "p_value": self.p_value,
            "resolution": self.resolution,
            "copies": _records(self.copies),
            "exact_matches": _records(self.exact_matches),
            "ambiguous": {key: rows.tolist() for key, rows in self.ambiguous.items()},
            "assumptions": _records(self.assumptions),
            **self.stamp,
        }
        if "ladder" in self.__dict__ and self.ladder is not None:
            found["ladder"] = _records(self.ladder)
        return found

    def to_json(self, path=None):
        """:meth:`to_dict` as JSON: returned, or written to `path`."""
        text = json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n"
        return text if path is None else write(path, text)

    def __repr__(self):
        lines = [self.verdict, *(f"Warning: {line}" for line in self.warnings)]
        if len(self.exact_matches):
            lines.append(f"{len(self.exact_matches):,} training rows were generated exactly.")
        lines.append(self.describe())
        head = "\n".join(part for line in lines for part in textwrap.wrap(line, 120))
        if not len(self.copies):
            return head
        shown = self.copies.head(10)
        more = f"\n... and {len(self.copies) - 10:,} more, in .copies" if len(self.copies) > 10 else ""
        return f"{head}\n{shown.to_string(index=False, float_format=lambda x: f'{x:.3g}', max_colwidth=30)}{more}"


def exact_matches(same):
    """Training values that were generated, as dicts, by the first training row of each."""
    values, first = np.unique(same["train"], return_index=True)
    place = np.minimum(np.searchsorted(values, same["generated"]), len(values) - 1)
    rows = np.flatnonzero(values[place] == same["generated"])
    held = np.isin(values, same["held_out"])
    found = {}
    for row in rows.tolist():
        found.setdefault(int(place[row]), []).append(row)
    lines = [
        {"train_row": int(first[i]), "generated_rows": rows, "in_held_out": bool(held[i])} for i, rows in found.items()
    ]
    return sorted(lines, key=lambda line: line["train_row"])


def _share(x):
    return f"{100 * x:.3g}%" if abs(x) < 0.1 else f"{100 * x:.0f}%"


def _records(frame):
    return json.loads(frame.to_json(orient="records", double_precision=15))
