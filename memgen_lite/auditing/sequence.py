"""The checkpoints of one training, audited one after the other: from which on does the model copy?"""

from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np

from ..shared.figures import STYLE, Picture, picture
from .auditing import audit
from .figure import YOURS
from .together import Audits
from .walk import LEVEL


class AuditSequence(Audits):
    """What :func:`memgen_lite.audit_sequence` found: a :class:`CopyAudit` by step, in order, with a `table`.

    `starts` is the step from which on the model copies, and None if it does not.
    """

    @property
    def starts(self) -> Any:
        """The first step of those, up to the last one, whose p-values are all .05 or less; None if there are none.

        None too where the audit of some step can't tell, as its p-value then means nothing.
        """
        found = None
        for step, one in reversed(self.items()):
            if one.verdict.startswith("Can't tell") or one.p_corrected > LEVEL:
                break
            found = step
        return found

    @property
    def verdict(self) -> str:
        """Where copying starts, in a sentence."""
        last = list(self)[-1]
        if self.starts is not None:
            dose = self[last].dose
            return f"Copying starts at {self.starts} or before, and goes on to {last}, where the dose is {dose:z.2f}."
        if self[last].verdict.startswith("Can't tell"):
            return f"Can't tell where copying starts: at the last step, {last}, the audit can't tell."
        return f"No copying at the last step, {last} (p = {self[last].p_corrected:.2g}), so none is dated."

    def __repr__(self):
        return f"{self.verdict}\n{super().__repr__()}"

    def _repr_html_(self):
        return f"<p><b>{self.verdict}</b></p>{self.plot().html()}{super()._repr_html_()}"

    def plot(self) -> Picture:
        """The dose by step, with its interval, and where copying starts, as a picture with its text."""
        return picture(_figure(self), self.verdict)


def audit_sequence(train: Any, held_out: Any, generated: dict[Any, Any], **options: Any) -> AuditSequence:
    """Audit what the checkpoints of one training generate, and find the step from which on the model copies.

    The steps are tested from the last one back, each at 5 %, up to the first that is not rejected: so that *any* step
    before copying is called a copier has a probability of 5 % at most, however many steps there are and however they
    depend on each other (the fixed-sequence procedure of Maurer, Hothorn and Lehmacher 1995). Nothing is paid for many
    checkpoints; what is taken for granted is that who copies goes on copying. A model that has stopped copying by the
    last step is one for :func:`memgen_lite.audit_together`.

    Parameters
    ----------
    train, held_out : as of :func:`memgen_lite.audit`, the same for all steps.
    generated : dict by step, in the order of training, of generated rows. Numbers make the axis of the plot.
    options : of :func:`memgen_lite.audit`, the same for all.

    Returns
    -------
    :class:`AuditSequence`, whose audits have as `p_corrected` the largest p-value from their step to the last.

    Raises
    ------
    TypeError, ValueError : where `generated` is no dict, or an empty one; for a step that is None or NaN, and for
        steps that are numbers or dates and do not rise. See also :func:`memgen_lite.audit`.

    >>> rng = np.random.default_rng(0)
    >>> T, H = rng.normal(size=(2, 200, 4))
    >>> made = {step: rng.normal(size=(200, 4)) for step in (1, 2, 3, 4)}
    >>> for step, copies in ((3, 40), (4, 80)):
    ...     made[step][:copies] = T[:copies]
    >>> audit_sequence(T, H, made).starts
    3
    """
    if not isinstance(generated, dict) or not generated:
        given = "an empty one" if isinstance(generated, dict) else type(generated).__name__
        raise TypeError(f"generated must be a dict by step of generated rows, got {given}")
    if None in generated:
        raise TypeError("generated must be a dict by step of generated rows, got None as a step, which stands for none")
    if unordered := [step for step in generated if step != step]:
        raise ValueError(f"generated must have its steps in the order of training, got {unordered[0]}")
    dates = all(isinstance(step, date) for step in generated)
    for before, after in pairwise(generated if dates or _are_numbers(generated) else ()):
        if not before < after:
            raise ValueError(f"generated must have its steps in the order of training, got {after} after {before}")
    found = AuditSequence({step: audit(train, held_out, rows, **options) for step, rows in generated.items()})
    p = 0.0
    for one in reversed(found.values()):
        one.p_corrected = p = max(p, one.p_value)
        one.together = len(found)
    return found


def _are_numbers(steps):
    return all(isinstance(step, int | float | np.number) and not isinstance(step, bool) for step in steps)


def _figure(found):
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    steps, audits = list(found), list(found.values())
    numbers = _are_numbers(steps)
    x = np.array(steps, dtype=float) if numbers else np.arange(len(steps), dtype=float)
    dose = np.array([one.dose for one in audits])
    low, high = np.transpose([one.dose_interval for one in audits])
    with rc_context(STYLE):
        fig = Figure(figsize=(8, 3.4), layout="constrained")
        ax = fig.subplots()
        ax.fill_between(x, low, high, color="#0072B2", alpha=0.2, linewidth=0, label="95% interval")
        ax.plot(x, dose, "o-", color="#0072B2", label="dose of copying")
        ax.axhline(0, color="#444444", linewidth=0.8)
        if found.starts is not None:
            at = x[steps.index(found.starts)]
            ax.axvline(at, color=YOURS, linewidth=2, linestyle="--", label="copying starts here, or before")
        if numbers:
            if len(x) > 2 and x.min() > 0 and x.max() / x.min() > 30:
                ax.set_xscale("log")
        else:
            ax.set_xticks(x, [str(step) for step in steps])
        ax.set(xlabel="step", ylabel="dose", ylim=(min(-0.1, dose.min() - 0.05), 1.05))
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2, ncols=3, fontsize=9)
    return fig
