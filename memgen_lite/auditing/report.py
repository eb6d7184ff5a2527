"""What an audit found, and how it says so."""

import json
import textwrap
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..shared.checks import flag, number, shown, whole
from ..shared.figures import Picture
from ..shared.files import write
from ..shared.kinds.base import columns_said
from ..shared.parallel import one_thread
from ..shared.types import FilePath
from . import page
from .checks import broken
from .epsilon import EpsilonBound, epsilon_bound
from .exact import exact_control, exact_matches
from .ladder import ladder, place
from .pairs import Pairs
from .walk import LEVEL
from .words import dependence, exactly, verdict

if TYPE_CHECKING:
    import pandas as pd


class CopyAudit:
    """What :func:`memgen_lite.audit` found. It shows itself, in a notebook and in a terminal.

    Attributes
    ----------
    dose : float, the share of generated rows whose source is their nearest row: of those nearest to a training row, so
        many more than chance puts there. 0 is expected of a blind generator, c of one that copies a share c of the time
        and is blind otherwise; of copies that were moved as far as rows lie apart, it counts a part. It is no share of
        the training rows. The more rows are held out, the more of them stand between a moved copy and its source:
        compare doses at one number of them, with :meth:`dose_at`.
    dose_interval : (low, high), 95 %, of that share among *these* generated rows, with the rows held out here.
    p_value : float, exact: of a walk like this, had the model not looked at train more than at held-out.
    p_corrected : float, that p-value, corrected for the audits that were made together with this one
        (:func:`memgen_lite.audit_together`). Verdict and :meth:`exceeds` read it.
    leakage_p_value : float, exact, and a verdict of its own: small where the model *depends on its training rows*,
        whether it copies or not, as one that learned their mean does. Of models that depend on nothing, this p-value
        and the other each accuse one in twenty at .05, so both together one in ten at most. leakage : dict of the
        p-values of its three scores, see :mod:`memgen_lite.auditing.leakage`.
    p_swapped : float, the p-value with the roles of train and held-out swapped: small where generated rows lean on
        held-out rows.
    copies : frame, a row for each training row named at false discovery rate q, closest first: `train_row`,
        `train_label` (what a frame or a series calls that row, for `.loc`; `train_row` is for `.iloc`),
        `generated_rows` (list, closest first), `distance`, `ratio` (to that of the 6th nearest row), and `space` where
        rows were compared in several, the one in which it is closest. Where a check that
        the rate rests on failed (`broken`) they are no accusation, and neither the text nor the page lists them.
    suspects : frame of the same columns: where too few rows are on top for rate q, and p is .05 or less, those that are
        sat on more closely than any held-out row.
    level : float, which share of the `copies`, or of the `suspects`, may be there by chance: an honest level, though it
        was chosen afterwards, since E[false share / level] is 1 at most. NaN if nothing is listed.
    exact_matches : frame, a row for each training value that was generated: `train_row` (the first), `train_label`,
        `generated_rows`, `in_held_out` (then it says nothing).
    exact_control : dict: how many values of `train` and of `held_out` alone were generated, and the exact `p_value` of
        so many of train among them, by the same argument as that of the walk: held-out rows are their control. Where
        they are not like training rows, `odds` says how far that may go: what was generated may have been so many
        times as likely as the rest to be put into train before chance explains the number (p is .05 there).
    resolution : int, the fewest rows that can be named at rate q.
    ambiguous : dict: `tied`, generated rows nearest to a training and a held-out row alike; `in_both`, training rows
        whose value stands in held-out.
    assumptions : frame: `check`, `holds` (True, False, or None where that can't be told), `finding`.
    warnings : list of str, to be read before the verdict.
    ladder : frame (computed when first asked for), doses of familiar models fitted to the same rows.
    verdict : str, one sentence.
    space : str, the space that the dose is of: the first, or where p is .05 or less the one in which most of the rows
        named are, or else the one that tells most.
    walk, near : what was measured, see memgen_lite.auditing; `near` is of that space. stamp : dict: sizes, parameters.
    """

    def __init__(
        self, inputs: Any, measured: Any, leaked: tuple, assumptions: list, warnings: list[str], stamp: dict
    ) -> None:
        import pandas as pd

        self._inputs, self._measured = inputs, measured
        self.walk, self.near = measured.walk, measured.near
        self.warnings, self.stamp = warnings, stamp
        self.dose, self.dose_interval, self.p_value = self.walk.dose, self.walk.dose_interval, self.walk.p_value
        self.resolution = self.walk.resolution
        self.p_corrected, self.together = self.p_value, 1
        self.leakage_p_value, self.leakage = leaked
        self.level, self.space = self.walk.level, measured.space
        columns = ["generated_rows", "distance", "ratio", *(["space"] if len(stamp["spaces"]) > 1 else [])]
        self.copies, self.suspects = (self._labeled(rows, columns) for rows in (measured.copies, measured.suspects))
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
        with one_thread():
            return ladder(self._inputs, self._measured.groups, self.stamp)

    @property
    def informative(self) -> bool:
        """Whether some generated row is nearer to one row than to others; else nothing could be told of any."""
        return bool((self.near.distances[:, 0] < self.near.distances[:, -1]).any())

    @property
    def listed(self) -> "pd.DataFrame":
        """The `copies`, or `suspects` where there are none: both have the `level`; empty where that does not hold."""
        found = self.copies if len(self.copies) else self.suspects
        return found.iloc[:0] if self.broken else found

    @property
    def broken(self) -> str | None:
        """Why the p-value, and the rate at which rows are named, do not hold here; None where no check says so."""
        return broken(self._inputs, self.assumptions.to_dict("records"))

    @property
    def p_swapped(self) -> float:
        return self.walk.p_swapped

    def dose_at(self, held_out: int) -> float:
        """The dose, had only so many of the held-out rows (or groups) been there: its mean over all choices of them."""
        return self._measured.dose_at(whole(held_out, "held_out", 1))

    def exceeds(self, limit: float, held_out: int | None = None) -> bool:
        """Whether the dose is above a limit, its interval above 0, and p at most .05: what a pipeline may fail on.

        Never where the verdict is that nothing can be told.
        `held_out` is the number of held-out rows that the limit is meant for, see :meth:`dose_at`; by default, all.
        """
        dose = self.dose if held_out is None else self.dose_at(held_out)
        found = dose > number(limit, "limit") and self.dose_interval[0] > 0 and self.p_corrected <= LEVEL
        return found and not self.verdict.startswith("Can't tell")

    def epsilon_lower_bound(self, confidence: float = 0.95) -> EpsilonBound:
        """A lower bound for the epsilon of pure differential privacy, from this one run: a float that says so in words.

        The training, and all that was published of it (what was generated, and whatever else), has a privacy loss of no
        less, unless one is as unlucky as one minus `confidence`: somebody who sees the generated rows, and guesses that
        the hits, from the closest on, were trained on, is right too often (Steinke, Nasr and Jagielski 2023, arXiv
        2305.08846). 0 is no proof of privacy: another attack may see more. For r guesses that are all right the bound
        is about log(r/5) beside a fair split, so that few rows can't prove much.

        It takes for granted that each row was put into train or held out by a coin of its own, that fell before the
        training, as p-values do, and more: where the *number* of training rows was fixed beforehand, as by most
        functions that split, the coins are tied. Then what is bounded is the epsilon for replacing a row by another,
        which is at most twice that for adding or taking one away. It says nothing of epsilon in (epsilon, delta), whose
        delta may explain a few of the right guesses. Where rows come in groups, a group is a guess, and the privacy is
        that of a group, such as a person.

        Parameters
        ----------
        confidence : float above 0 and below 1.

        Returns
        -------
        :class:`~memgen_lite.auditing.epsilon.EpsilonBound`, a float with `confidence`, `guesses`, `right`, `share`,
        `unit` and `reason`; NaN, with the `reason`, where a check says that the split was no split by chance, or that
        features know it (`broken`). It is in :meth:`to_dict` from then on.

        >>> import memgen_lite as mg
        >>> T, H, G = np.random.default_rng(0).normal(size=(3, 200, 4))
        >>> round(float(mg.audit(T, H, T).epsilon_lower_bound()), 1), float(mg.audit(T, H, G).epsilon_lower_bound())
        (3.8, 0.0)
        """
        self._epsilon = epsilon_bound(self, confidence)
        return self._epsilon

    @property
    def beside(self) -> str:
        """The number of held-out rows that the dose belongs to, in words."""
        what = "rows" if self.stamp["groups"] is None else "groups"
        where = "" if self.space == self.stamp["spaces"][0] else f", compared as '{self.space}'"
        return f"beside {self.walk.sizes[1]:,} held-out {what}{where}"

    @property
    def verdict(self) -> str:
        return verdict(self)

    @property
    def depends(self) -> str:
        """Whether the model depends on its training rows, beyond what the verdict says of copying, in a sentence."""
        return dependence(self)

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
        return exactly(self)

    def plot(self) -> Picture:
        """The dose (on the ladder, if that was asked for), and the walk with the rows named, as a picture.

        It shows itself with a text that says what is in it; `.figure` is the matplotlib Figure, to change or to save.
        """
        return page.drawn(self)

    def pairs(self, k: int = 8) -> Pairs:
        """The k closest of the named rows, or suspects, beside the generated rows on them: a :class:`Pairs`."""
        return Pairs(self._inputs, (self._measured.copies or self._measured.suspects)[: whole(k, "k", 0)])

    def describe(self) -> str:
        """Sizes, distance, relabelings, the p-value of swapped roles, seed and versions, in a line."""
        rows = ", ".join(f"{n:,} {name.replace('_', '-')}" for name, n in self.stamp["rows"].items())
        _, *others = self.stamp["spaces"]
        others = f", and {len(others)} further spaces ({', '.join(others)})" if others else ""
        return (
            f"{rows} rows; {self.stamp['metric']} distance in {self.stamp['features']:,} features{others}; "
            f"{self.stamp['n_relabelings']:,} relabelings; with the roles of train and held-out swapped, p = "
            f"{self.p_swapped:.2g}; seed {self.stamp['random_state']}; "
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
        held_out: int | None = None,
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
        limit, held_out : a dose that was agreed on beforehand, and the number of held-out rows that it is meant for, by
            default all; the page says whether the audit :meth:`exceeds` it.
        decision : what was decided, a str; without it there is a line to fill in by hand when the page is printed.
        """
        records, limit = flag(records, "records"), None if limit is None else number(limit, "limit")
        if date is not None and not isinstance(date, str) and not hasattr(date, "isoformat"):
            raise TypeError(f"date must be a date, a str or None, got {shown(date)}")
        for name, value in (("model", model), ("data", data), ("decision", decision)):
            if value is not None and not isinstance(value, str):
                raise TypeError(f"{name} must be a str or None, got {shown(value)}")
        asked = {"model": model, "data": data, "date": date, "limit": limit, "decision": decision}
        asked["held_out"] = None if held_out is None else whole(held_out, "held_out", 1)
        write(path, page.document(self, records=records, **asked))

    def _repr_html_(self):
        return page.fragment(self)

    def to_dict(self) -> dict[str, Any]:
        """All findings as plain dicts, lists, numbers and strings; the ladder and the bound of epsilon if asked for."""
        found = {
            "verdict": self.verdict,
            "warnings": self.warnings,
            "dose": self.dose,
            "dose_interval": list(self.dose_interval),
            "p_value": self.p_value,
            "p_corrected": self.p_corrected,
            "p_swapped": self.p_swapped,
            "leakage_p_value": self.leakage_p_value,
            "leakage": self.leakage,
            "space": self.space,
            "level": None if np.isnan(self.level) else self.level,
            "resolution": self.resolution,
            "copies": _records(self.copies),
            "suspects": _records(self.suspects),
            "exact_matches": _records(self.exact_matches),
            "exact_control": self.exact_control,
            "ambiguous": {key: rows.tolist() for key, rows in self.ambiguous.items()},
            "assumptions": _records(self.assumptions),
            **self.stamp,
        }
        if "ladder" in self.__dict__ and self.ladder is not None:
            found["ladder"] = _records(self.ladder)
        if "_epsilon" in self.__dict__:
            found["epsilon_lower_bound"] = self._epsilon.to_dict()
        return found

    def to_json(self, path: FilePath | None = None) -> str | None:
        """:meth:`to_dict` as JSON: returned, or written to `path`."""
        text = json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n"
        return text if path is None else write(path, text)

    def __repr__(self):
        lines = [self.verdict, *(f"Warning: {line}" for line in self.warnings)]
        if len(self.exact_matches):
            lines.append(self.exactly)
        lines += [self.depends, self.describe(), columns_said(self.stamp["columns_read"])]
        head = "\n".join(part for line in lines for part in textwrap.wrap(line, 120))
        listed, name = self.listed, "copies" if len(self.copies) else "suspects"
        if not len(listed):
            return head
        shown = listed.head(10)
        more = f"\n... and {len(listed) - 10:,} more, in .{name}" if len(listed) > 10 else ""
        return f"{head}\n{shown.to_string(index=False, float_format=lambda x: f'{x:.3g}', max_colwidth=30)}{more}"


def _records(frame):
    return json.loads(frame.to_json(orient="records", double_precision=15))
