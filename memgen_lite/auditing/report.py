"""What an audit found, and how it says so."""

import json
import textwrap
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import hypergeom

from ..shared.checks import flag, number, shown, whole
from ..shared.figures import Picture
from ..shared.files import write
from ..shared.kinds.base import columns_said
from ..shared.types import FilePath
from . import page
from .ladder import ladder, place
from .pairs import Pairs
from .walk import TOO_LOW

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.05  # the p-value above which nobody is accused


class CopyAudit:
    """What :func:`memgen_lite.audit` found. It shows itself, in a notebook and in a terminal.

    Attributes
    ----------
    dose : float, the share of generated rows nearest to a training row, rescaled: 0 expected of a blind generator, c of
        one that copies a share c of the time and is blind otherwise. Of a copy only that counts whose source is its
        nearest row: of copies that were moved as far as rows lie apart, it counts a part.
    dose_interval : (low, high), 95 %, of the share of *these* generated rows that was copied.
    p_value : float, exact: of a walk like this, had the model not looked at train more than at held-out.
    copies : frame, a row for each training row named at false discovery rate q, closest first: `train_row`,
        `train_label` (what a frame or a series calls that row, for `.loc`; `train_row` is for `.iloc`),
        `generated_rows` (list, closest first), `distance`, `ratio` (to that of the 6th nearest row), `q_value`.
    exact_matches : frame, a row for each training value that was generated: `train_row` (the first), `train_label`,
        `generated_rows`, `in_held_out` (then it says nothing).
    exact_control : dict: how many values of `train` and of `held_out` alone were generated, and the exact `p_value` of
        so many of train among them, by the same argument as that of the walk: held-out rows are their control.
    resolution : int, the fewest rows that can be named at rate q.
    ambiguous : dict: `tied`, generated rows nearest to a training and a held-out row alike; `in_both`, training rows
        whose value stands in held-out.
    assumptions : frame: `check`, `holds` (True, False, or None where that can't be told), `finding`.
    warnings : list of str, to be read before the verdict.
    ladder : frame (computed when first asked for), doses of familiar models fitted to the same rows.
    verdict : str, one sentence.
    walk, near : what was measured, see memgen_lite.auditing. stamp : dict: sizes, parameters, versions.
    """

    def __init__(self, inputs: Any, measured: Any, assumptions: list, warnings: list[str], stamp: dict) -> None:
        import pandas as pd

        self._inputs, self._measured = inputs, measured
        self.walk, self.near = measured.walk, measured.near
        self.warnings, self.stamp = warnings, stamp
        self.dose, self.dose_interval, self.p_value = self.walk.dose, self.walk.dose_interval, self.walk.p_value
        self.resolution = self.walk.resolution
        self.copies = self._labeled(measured.copies, ["generated_rows", "distance", "ratio", "q_value"])
        self.exact_matches = self._labeled(exact_matches(inputs.same), ["generated_rows", "in_held_out"])
        self.exact_control = exact_control(inputs.same)
        self.ambiguous = {"tied": np.flatnonzero(self.near.tied), "in_both": self.near.shared}
        self.assumptions = pd.DataFrame(assumptions, columns=["check", "holds", "finding"]).astype({"holds": object})

    def _labeled(self, lines, columns):
        """A frame of dicts by `train_row`, with the labels that these rows have where train is a frame or a series."""
        import pandas as pd

        frame = pd.DataFrame(lines, columns=["train_row", *columns])
        if (labels := self._inputs.labels.get("train")) is not None:
            frame.insert(1, "train_label", [labels[row] for row in frame["train_row"]])
        return frame

    @cached_property
    def ladder(self) -> "pd.DataFrame":
        return ladder(self._inputs, self.stamp)

    @property
    def informative(self) -> bool:
        """Whether some generated row is nearer to one row than to others; else nothing could be told of any."""
        return bool((self.near.distances[:, 0] < self.near.distances[:, -1]).any())

    def exceeds(self, limit: float) -> bool:
        """Whether the dose is above a limit, its interval above 0, and p at most .05: what a pipeline may fail on."""
        return self.dose > number(limit, "limit") and self.dose_interval[0] > 0 and self.p_value <= LEVEL

    @property
    def verdict(self) -> str:
        low, high = self.dose_interval
        dose = f"as if it copied {_share(max(self.dose, 0))} of the time ({_share(low)} to {_share(high)})"
        p, named = f"p = {self.p_value:.2g}", len(self.copies)
        if not self.informative:
            return f"Can't tell: every generated row is as near to all other rows as to its nearest; {p}."
        if self.walk.p_low <= TOO_LOW:
            return f"Can't tell: generated rows are nearer to held-out rows than chance explains; {p}."
        if named and self.p_value <= LEVEL:
            rows = f"{named:,} training row{'s are' if named > 1 else ' is'} named"
            return f"Copies: {dose}; {rows} at false discovery rate {self.stamp['q']:g}, {p}."
        none = f"no row is named (the fewest would be {self.resolution:,}), {p}"
        none = f"{named:,} named, but {p}" if named else none
        if self.p_value <= LEVEL:
            what = "its training rows" if low > 0 else "some training rows, too few for a dose"
            return f"Leans on {what}: {dose}; {none}."
        if high >= 0.5 or named:
            return f"Can't tell: {dose}; {none}."
        if self.assumptions["holds"].iloc[0] is False:
            return f"Can't tell: held-out rows are not like training rows, so that a low dose says nothing; {p}."
        return f"No sign of copying: {dose}; {none}."

    @property
    def private(self) -> Any:
        """Whether rows can be read as those of people: tables, texts and whatever is no array of numbers."""
        return self.stamp["kind"] not in ("array", "image")

    @property
    def placed(self) -> Any:
        """Where the dose stands on the ladder, in words; computes the ladder."""
        return place(self.dose, self.ladder)

    @property
    def exactly(self) -> str:
        """How many rows were generated exactly, beside how many of held-out, in a sentence."""
        shared, control = int(self.exact_matches["in_held_out"].sum()), self.exact_control
        more = f", {shared:,} of which stand in held-out too" if shared else ""
        return (
            f"{len(self.exact_matches):,} training rows were generated exactly{more}; of those in one sample only, "
            f"{control['train']:,} are of train and {control['held_out']:,} of held-out (p = {control['p_value']:.2g})."
        )

    def plot(self) -> Picture:
        """The dose (on the ladder, if that was asked for), and the walk with the rows named, as a picture.

        It shows itself with a text that says what is in it; `.figure` is the matplotlib Figure, to change or to save.
        """
        return page.drawn(self)

    def pairs(self, k: int = 8) -> Any:
        """The k closest of the named rows beside the generated rows that sit on them: a :class:`Pairs`."""
        return Pairs(self._inputs, self._measured.copies[: whole(k, "k", 0)])

    def describe(self) -> str:
        """Sizes, distance, relabelings, seed and versions, in a line."""
        rows = ", ".join(f"{n:,} {name.replace('_', '-')}" for name, n in self.stamp["rows"].items())
        return (
            f"{rows} rows; {self.stamp['metric']} distance in {self.stamp['features']:,} features; "
            f"{self.stamp['n_relabelings']:,} relabelings; seed {self.stamp['random_state']}; "
            + ", ".join(f"{name} {number}" for name, number in self.stamp["versions"].items())
        )

    def to_html(
        self,
        path: FilePath,
        *,
        records: bool = False,
        model: str | None = None,
        data: str | None = None,
        date: Any = None,
        limit: float | None = None,
        decision: str | None = None,
    ) -> None:
        """Write one self-contained page for who has to decide; it needs no knowledge of statistics.

        Parameters
        ----------
        path : where to. records : whether to show what stands in named rows of tables and texts. They may be of real
            people, so by default the page has their positions, labels and distances alone. Pictures and plain numbers
            are shown in any case.
        model, data : what was audited, and what it was trained on, by name. date : when, a date or a str, or "today";
            without it the page has none, and equal audits have equal pages.
        limit : a dose that was agreed on beforehand; the page says whether :meth:`exceeds` it. decision : what was
            decided, a str; without it there is a line to fill in by hand when the page is printed.
        """
        records, limit = flag(records, "records"), None if limit is None else number(limit, "limit")
        if date is not None and not isinstance(date, str) and not hasattr(date, "isoformat"):
            raise TypeError(f"date must be a date, a str or None, got {shown(date)}")
        for name, value in (("model", model), ("data", data), ("decision", decision)):
            if value is not None and not isinstance(value, str):
                raise TypeError(f"{name} must be a str or None, got {shown(value)}")
        asked = {"model": model, "data": data, "date": date, "limit": limit, "decision": decision}
        write(path, page.document(self, records=records, **asked))

    def _repr_html_(self):
        return page.fragment(self)

    def to_dict(self) -> dict[str, Any]:
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
            "exact_control": self.exact_control,
            "ambiguous": {key: rows.tolist() for key, rows in self.ambiguous.items()},
            "assumptions": _records(self.assumptions),
            **self.stamp,
        }
        if "ladder" in self.__dict__ and self.ladder is not None:
            found["ladder"] = _records(self.ladder)
        return found

    def to_json(self, path: FilePath | None = None) -> str | None:
        """:meth:`to_dict` as JSON: returned, or written to `path`."""
        text = json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n"
        return text if path is None else write(path, text)

    def __repr__(self):
        lines = [self.verdict, *(f"Warning: {line}" for line in self.warnings)]
        if len(self.exact_matches):
            lines.append(self.exactly)
        lines += [self.describe(), columns_said(self.stamp["columns_read"])]
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
    held = np.isin(same["train"], same["held_out"])
    found = {}
    for row in np.flatnonzero(values[place] == same["generated"]).tolist():
        found.setdefault(int(first[place[row]]), []).append(row)
    return [{"train_row": t, "generated_rows": found[t], "in_held_out": bool(held[t])} for t in sorted(found)]


def exact_control(same):
    """Of the values of train or held-out alone that were generated: how many are of which, and the p-value of it.

    To a blind generator every set of so many values is as likely to hold any labels, so the number of train is
    hypergeometric.
    """
    train, held_out = (np.unique(same[role]) for role in ("train", "held_out"))
    alone = {"train": np.setdiff1d(train, held_out), "held_out": np.setdiff1d(held_out, train)}
    found = {role: int(np.isin(values, same["generated"]).sum()) for role, values in alone.items()}
    sizes = {role: len(values) for role, values in alone.items()}
    p = hypergeom.sf(found["train"] - 1, sum(sizes.values()), sizes["train"], sum(found.values()))
    return {**found, "p_value": float(p)}


def _share(x):
    return f"{100 * x:.3g}%" if abs(x) < 0.1 else f"{100 * x:.0f}%"


def _records(frame):
    return json.loads(frame.to_json(orient="records", double_precision=15))
