"""A human study on the screen: pairs side by side, buttons, and what is known of the rater so far."""

import html
import re
from typing import TYPE_CHECKING, Any

import ipywidgets as W
import numpy as np
from matplotlib.figure import Figure

from ...paper import coin, study_pairs
from ...paper.study import QUESTIONS, SIDES, Study
from ...paper.study_answers import COUNTED, to_bytes
from ...shared import figures
from ...shared.html import data_url
from ...shared.types import Data, FilePath
from .stored import Stored, line

if TYPE_CHECKING:
    import pandas as pd

ENOUGH = 20  # evidence that convinces: a coin reaches it in one study of 20 at the most


class HumanEvaluation(Stored):
    """The study of the paper's Figure 2, taken in the notebook by mouse or keyboard: which one of a pair is real?

    Parameters are those of :class:`memgen_lite.paper.study.Study`: `question` is "real", "better" or "copy", `path`
    keeps the answers and goes on from them. *Start* puts a pair into view, *Pause* takes it away and stops the clock;
    the time of an answer is what passes in the kernel meanwhile, with drawing and sending. Tab comes to each button,
    Enter or Space presses it, and it keeps the focus.

    Under the pair stands what the answers marked so far say, beside a coin that judges the same pairs: what to believe
    of the accuracy, the 95 % confidence sequence, and the evidence against a coin, both valid however often one looks:
    one may stop when one likes. Results: :meth:`to_frame`, :meth:`to_csv`, :meth:`to_json`, or the links of the page.

    Pictures of any size are sent reduced; texts are shown as data, with what is invisible in them written out. The line
    of words is a new element with the role "alert" after each answer: ipywidgets replaces what it shows, and a polite
    live region that comes with its words is not read out. In a stored notebook it shows as the pair that waits, or the
    result.
    """

    def __init__(self, real: Data, generated: Data, **options: Any) -> None:
        self.study = Study(real, generated, **options)
        self.rater = W.Text(self.study.rater, description="Your name", continuous_update=False)
        self.words, self.view, self.result, self.files = (W.HTML() for _ in range(4))
        rows = 2 if self.study.question == "copy" else 1
        self.view.layout.min_height = f"{rows * (study_pairs.SIDE + 24) + 10}px"  # kept free at a pause too
        self.progress = W.IntProgress(min=0, max=len(self.study), layout=W.Layout(width="min(100%, 480px)"))
        says = QUESTIONS[self.study.question]
        self.buttons = {
            "start": W.Button(tooltip="Show the pair, or hide it and stop the clock"),
            "left": W.Button(description=f"Left {says}", button_style="primary"),
            "right": W.Button(description=f"Right {says}", button_style="primary"),
            "undo": W.Button(description="Undo", tooltip="Take the last answer back"),
            "score": W.Button(description="Score", tooltip="Stop here, and mark the last answer too"),
        }
        actions = {"undo": self._undo, "score": self.study.score}
        actions["start"] = lambda: self.study.pause() if self.study.running else self.study.start()
        actions |= {name: lambda side=side: self.study.answer(side) for side, name in SIDES.items()}
        for name, act in actions.items():
            self.buttons[name].on_click(lambda button, act=act: None if button.disabled else self._do(act))
        self.rater.observe(lambda change: self._do(self.study.name, change["new"]), names="value")
        row = W.HBox(list(self.buttons.values()), layout=W.Layout(flex_flow="row wrap"))
        self._trouble = ""
        super().__init__([self.rater, self.words, self.view, row, self.progress, self.result, self.files])
        self._show()

    def take(self, rater: str) -> None:
        """Let a simulated rater answer the rest; returns the evaluation itself."""
        self.study.take(rater)
        self._show()
        return self

    def to_frame(self) -> "pd.DataFrame":
        """The answers given so far, see :meth:`memgen_lite.paper.study.Study.to_frame`."""
        return self.study.to_frame()

    def to_csv(self, path: FilePath) -> None:
        """Write the answers given so far for a spreadsheet or :func:`memgen_lite.coin.pool`."""
        self.study.to_csv(path)

    def to_json(self, path: FilePath) -> None:
        """Write the answers given so far to go on from, or for :func:`memgen_lite.coin.pool`."""
        self.study.to_json(path)

    def _do(self, act, *arguments):
        self._trouble = ""
        try:
            act(*arguments)
        except OSError as error:  # the answer is given all the same; nobody looks for an error in the kernel's log
            words = study_pairs.visible(f"The answers could not be kept: {error}. Download them at a pause.")
            self._trouble = f'<div role="alert">{html.escape(words)}</div>'
        self._show()

    def _undo(self):
        self.study.undo()
        self.study.start()

    def _show(self):
        study, live = self.study, self.buttons
        self.rater.disabled = bool(study.answers)
        self.view.value = self._pair() if study.running else ""
        self.progress.value = len(study.answers)
        live["start"].description = "Pause" if study.running else "Go on" if study.answers else "Start"
        live["start"].disabled = study.finished
        live["left"].disabled = live["right"].disabled = not study.running
        live["undo"].disabled = not study.can_undo
        live["score"].disabled = study.scored or len(study.answers) <= study.n_calibration
        self.result.value = self._result()
        self.files.value = self._files()
        # Last, so that when it is read out all else is in its place.
        self.words.value = line(self._words(), ' role="alert"')

    def _words(self):
        study, question = self.study, f"Which one {QUESTIONS[self.study.question]}?"
        counted = len(study.answers) - study.n_calibration
        left = study.n_trials - counted
        if study.scored and not study.running:
            more = "" if study.finished else f" {_pairs(left)} left: to stop here is as valid as to go on."
            return f"This rater: {self._tally(study.outcomes)}. {self._verdict()}{more}"
        if study.finished:
            return "Every pair has an answer. Score the study, or take the last answer back."
        if not study.answers and not study.running:
            practice = f"{_pairs(study.n_calibration)} for practice, then " if study.n_calibration else ""
            return f"{practice}{_pairs(study.n_trials)} to count. {question}"
        place = f"Pair {counted + 1} of {study.n_trials}."
        if study.calibrating:
            place = f"Calibration pair {len(study.answers) + 1} of {study.n_calibration}."
        return self._mark() + place + (f" {question}" if study.running else " Paused: the clock stands still.")

    def _mark(self):
        # Of the practice pair before this one, where its answer could be right.
        study, last = self.study, len(self.study.answers) - 1
        if not 0 <= last < study.n_calibration or study.question == "better":
            return ""
        row = study.document()["answers"][last]
        return f"{'Right' if row['outcome'] else 'Not so'}: the {row['real_side']} one was real. "

    def _tally(self, outcomes):
        low, high = 100 * coin.confidence_sequence(outcomes)[-1]
        counted, share = COUNTED[self.study.question], 100 * outcomes.mean()
        return (
            f"{outcomes.sum()} of {len(outcomes)} {counted}, {share:.0f} % (95 % sequence: {low:.0f} to {high:.0f} %)"
        )

    def _verdict(self):
        evidence = coin.betting_e_process(self.study.outcomes).max()
        told = "not a coin" if evidence >= ENOUGH else "a coin would have done as well, and sooner"
        return f"Evidence against a coin: {evidence:.2g}, where {ENOUGH} convinces: {told}."

    def _result(self):
        study = self.study
        if not len(study.outcomes):
            return ""
        lines = [f"A coin: {self._tally(study.coin_outcomes)}."]
        if study.running or not study.scored:  # else the line of words has it
            evidence = coin.betting_e_process(study.outcomes).max()
            lines.insert(0, f"This rater: {self._tally(study.outcomes)}.")
            lines.append(f"Evidence against a coin, at its height: {evidence:.2g}; {ENOUGH} convinces.")
            if evidence >= ENOUGH and not study.finished:
                lines[-1] += " You may stop: this is no coin, however often one looks."
        words = "".join(f"<div>{html.escape(line)}</div>" for line in lines)
        return f'<div style="line-height:1.5">{words}</div>{_beliefs(study).html()}'

    def _files(self):
        study = self.study
        if not study.answers or study.running:
            return self._trouble
        stem = "answers_" + (re.sub(r"[^\w-]+", "_", study.rater)[:40] or "rater")
        links = []
        for kind, mime in (("csv", "text/csv"), ("json", "application/json")):
            address, name = data_url(to_bytes(study.document(), kind), mime), html.escape(f"{stem}.{kind}")
            style = "color:inherit;text-decoration:underline"
            links.append(f'<a style="{style}" download="{name}" href="{address}">Download {kind.upper()}</a>')
        kept = html.escape(f" Kept after each answer in {study_pairs.visible(str(study.path))}.") if study.path else ""
        return f"<div>The answers so far: {', '.join(links)}.{kept}</div>{self._trouble}"

    def _pair(self):
        return study_pairs.pair(self.study.pair(), self.study.nearest() if self.study.question == "copy" else None)

    def __repr__(self):
        return f"HumanEvaluation of {_pairs(self.study.n_trials)}. {self._words()}"

    def _page(self):
        waits = not (self.study.finished or self.study.scored)
        return self.words.value + (self._pair() if waits else "") + self.result.value


def _pairs(count):
    return f"{count} pair{'s' * (count != 1)}"


def _beliefs(study):
    # What to believe of the rater's accuracy and of the coin's, and under the curves their confidence sequences.
    fig = Figure(figsize=(5, 1.9), layout="none")
    ax, at = fig.add_axes((0.06, 0.26, 0.9, 0.7)), np.linspace(0, 1, 401)
    who = [("this rater", study.outcomes, "blue"), ("a coin", study.coin_outcomes, "vermilion")]
    curves = [coin.posterior(outcomes, at) for _, outcomes, _ in who]
    top = 1.15 * max(curve.max() for curve in curves)
    for place, ((name, outcomes, color), curve) in enumerate(zip(who, curves, strict=True)):
        style = {"color": figures.COLORS[color], "linestyle": figures.DASHES[place]}
        ax.plot(100 * at, curve, label=name, **style)
        ax.fill_between(100 * at, curve, color=style["color"], alpha=0.12, linewidth=0)
        ends = 100 * coin.confidence_sequence(outcomes)[-1]
        ax.plot(ends, [-(0.1 + 0.1 * place) * top] * 2, marker="|", linewidth=3, **style)
    ax.axhline(0, color="#444444", linewidth=0.8)
    ax.axvline(50, color="#444444", linewidth=0.9, linestyle=":")
    ax.set(xlim=(0, 100), ylim=(-0.28 * top, top), yticks=[], ylabel="belief")
    ax.set_xlabel("preferred the generated one (%)" if study.question == "better" else "accuracy (%)")
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.legend(loc="upper left", frameon=False, fontsize=8)
    peaks = [100 * outcomes.mean() for _, outcomes, _ in who]
    alt = f"""What to believe after {len(study.outcomes)} answers, as curves: this rater's has its peak at
    {peaks[0]:.0f} %, a coin's at {peaks[1]:.0f} %. The bars under them are the 95 % confidence sequences."""
    return figures.picture(fig, alt, dpi=96)
