"""A human study that the reader takes: its state, which needs no screen, and its view in a notebook."""

import html

import ipywidgets as W
import numpy as np

from . import coin, figures, plots
from .randomness import generator
from .widgets import PROMPT, _with_fallback

SIDES = {-1: "left", 1: "right"}


class Study:
    """Pairs of a real and a generated picture, one after the other, and what a rater said of them.

    The first `n_calibration` pairs are for practice: their answers are marked at once and do not count. Of the others
    only the last answer can be taken back, and it is not marked before the next is given (or, at the end, before
    :meth:`score`): else one could try an answer, look at the accuracy, and take it back. The order of the pictures and
    the sides come from `random_state`; the sides are independent fair flips, as in :func:`memgen_lite.coin.session`.
    Together with `answers` and `marked` it is the whole state.

    Parameters
    ----------
    real, generated : arrays (n, h, w) or (n, h, w, 3) of one dtype, at least `n_calibration + n_trials` rows each.
    n_calibration, n_trials : int.
    random_state : int, numpy Generator, RandomState or None.

    Attributes
    ----------
    answers : list of -1 (the left is real) and +1 (the right is), calibration included.
    marked : int, how many of the answers are marked, calibration included; these stay.
    sides : int array, where the real picture of each pair is.
    """

    def __init__(self, real, generated, *, n_calibration=3, n_trials=20, random_state=0):
        real, generated = np.asarray(real), np.asarray(generated)
        if real.ndim not in (3, 4) or real.shape[1:] != generated.shape[1:] or real.dtype != generated.dtype:
            raise ValueError(
                "real and generated must be pictures of one size and dtype, (n, h, w) or (n, h, w, 3); got "
                f"{real.shape} of {real.dtype} and {generated.shape} of {generated.dtype}"
            )
        if n_calibration < 0 or n_trials < 1:
            raise ValueError(
                f"n_calibration must be 0 or more and n_trials 1 or more, got {n_calibration} and {n_trials}"
            )
        count = n_calibration + n_trials
        if min(len(real), len(generated)) < count:
            raise ValueError(
                f"{count} pairs need {count} rows of each, got {len(real)} real, {len(generated)} generated"
            )
        rng = generator(random_state)
        self.real, self.generated = real, generated
        self.n_calibration, self.n_trials = n_calibration, n_trials
        self.real_rows = rng.permutation(len(real))[:count]
        self.generated_rows = rng.permutation(len(generated))[:count]
        flips = coin.RademacherCoin(rng)
        self.sides = flips.flip(count)
        self._coin_outcomes = flips.flip(n_trials) == self.sides[n_calibration:]
        self.answers, self.marked = [], 0

    def __len__(self):
        return len(self.sides)

    @property
    def calibrating(self):
        """Whether the pair on show is for practice."""
        return len(self.answers) < self.n_calibration

    @property
    def finished(self):
        """Whether every pair has an answer."""
        return len(self.answers) == len(self)

    @property
    def can_undo(self):
        """Whether there is an answer that has not been marked yet."""
        return len(self.answers) > max(self.marked, self.n_calibration)

    @property
    def scored(self):
        """Whether every answer is marked."""
        return self.marked == len(self)

    def pair(self, position=None):
        """The pictures (left, right) of a pair, by default of the one that waits for an answer."""
        position = len(self.answers) if position is None else position
        real, generated = self.real[self.real_rows[position]], self.generated[self.generated_rows[position]]
        return (real, generated) if self.sides[position] < 0 else (generated, real)

    def answer(self, side):
        """Say that the left (-1) or the right (+1) picture is the real one, and go on to the next pair."""
        if side not in SIDES:
            raise ValueError(f"side must be -1 for left or +1 for right, got {side!r}")
        if self.finished:
            raise ValueError(f"all {len(self)} pairs have an answer")
        self.marked = len(self.answers)
        self.answers.append(int(side))

    def undo(self):
        """Take back the last answer, as long as it has not been marked."""
        if not self.can_undo:
            raise ValueError("there is no answer to take back: calibration and scored answers stay")
        self.answers.pop()

    def score(self):
        """Close the study: the last answer counts from here on."""
        if not self.finished:
            raise ValueError(f"{len(self) - len(self.answers)} of {len(self)} pairs have no answer yet")
        self.marked = len(self)

    def take(self, rater):
        """Let `rater` (with `judge`, as in :mod:`memgen_lite.coin`) answer what is left, and score."""
        while not self.finished:
            left, right = self.pair()
            self.answer(int(rater.judge(left[None], right[None])[0]))
        self.score()

    @property
    def outcomes(self):
        """Whether each marked answer was right; bool array, calibration left out."""
        counted = slice(self.n_calibration, self.marked)
        return np.array(self.answers[counted], dtype=int) == self.sides[counted]

    @property
    def coin_outcomes(self):
        """Whether a Rademacher coin was right on the same pairs; bool array."""
        return self._coin_outcomes[: len(self.outcomes)]

    def to_frame(self):
        """A row for each answer given: rows of the pictures, side of the real one, answer, and whether it was right."""
        import pandas as pd

        count = len(self.answers)
        sides, answers = self.sides[:count], np.array(self.answers, dtype=int)
        return pd.DataFrame(
            {
                "calibration": np.arange(count) < self.n_calibration,
                "real_row": self.real_rows[:count],
                "generated_row": self.generated_rows[:count],
                "real_side": [SIDES[side] for side in sides],
                "answer": [SIDES[side] for side in answers],
                "right": answers == sides,
            }
        )

    def summary(self):
        """The state in words."""
        if not self.scored:
            if self.finished:
                return "Every pair has an answer. Score the study, or take the last answer back."
            if self.calibrating:
                return f"Calibration pair {len(self.answers) + 1} of {self.n_calibration}. Which picture is real?"
            return f"Pair {len(self.answers) - self.n_calibration + 1} of {self.n_trials}. Which picture is real?"
        evidence = coin.betting_e_process(self.outcomes).max()
        told = "not a coin" if evidence >= 20 else "a coin would have done as well, and sooner"
        words = f"Evidence against a coin: {evidence:.2g}, where 20 convinces: {told}."
        return f"This rater: {_in_words(self.outcomes)}. {words}"


class HumanEvaluation(W.VBox):
    """The study of the paper's Figure 2, to be taken in the notebook: which of two pictures is real?

    Beside the running accuracy stands that of a coin that judges the same pairs, both with the 95 % confidence sequence
    that stays valid however often one looks. Results: `evaluation.study.to_frame()`. Parameters as for :class:`Study`.
    In a stored notebook it shows as the pair that waits for an answer, or as the result.
    """

    def __init__(self, real, generated, *, n_calibration=3, n_trials=20, random_state=0):
        self.study = Study(real, generated, n_calibration=n_calibration, n_trials=n_trials, random_state=random_state)
        self.words, self.view, self.result = W.HTML(), W.HTML(layout=W.Layout(min_height="220px")), W.HTML()
        self.progress = W.IntProgress(min=0, max=len(self.study), layout=W.Layout(width="min(100%, 480px)"))
        self.buttons = {
            "left": W.Button(description="Left is real", button_style="primary"),
            "right": W.Button(description="Right is real", button_style="primary"),
            "undo": W.Button(description="Undo", tooltip="Take the last answer back"),
            "score": W.Button(description="Score", tooltip="Close the study and mark the last answer"),
        }
        actions = {"left": (self.study.answer, -1), "right": (self.study.answer, 1)}
        actions |= {"undo": (self.study.undo,), "score": (self.study.score,)}
        for name, (act, *side) in actions.items():
            self.buttons[name].on_click(lambda button, act=act, side=side: self._do(act, *side))
        super().__init__([self.words, self.view, W.HBox(list(self.buttons.values())), self.progress, self.result])
        self._show()

    def take(self, rater):
        """Let a simulated rater answer the rest; returns the evaluation itself."""
        return self._do(self.study.take, rater)

    def to_frame(self):
        """The answers given so far, see :meth:`Study.to_frame`."""
        return self.study.to_frame()

    def _do(self, act, *arguments):
        act(*arguments)
        self._show()
        return self

    def _show(self):
        study = self.study
        self.words.value = f'<div aria-live="polite" style="{PROMPT}">{html.escape(self._words())}</div>'
        self.view.value = "" if study.finished else self._picture().html()
        self.progress.value = len(study.answers)
        self.buttons["left"].disabled = self.buttons["right"].disabled = study.finished
        self.buttons["undo"].disabled = not study.can_undo
        self.buttons["score"].disabled = study.scored or not study.finished
        self.result.value = self._result()

    def _words(self):
        study, mark = self.study, ""
        if study.answers and len(study.answers) <= study.n_calibration:
            last = study.sides[len(study.answers) - 1]
            verdict = "Right" if study.answers[-1] == last else "Not so"
            mark = f"{verdict}: the {SIDES[last]} one was real. "
        return mark + study.summary()

    def _picture(self):
        from matplotlib.figure import Figure

        fig = Figure(figsize=(4.4, 2.1), layout="constrained")
        left, right = self.study.pair()
        plots.images(fig.subplots(), [left, right], columns=2, pad=max(2, left.shape[1] // 4))
        return figures.picture(fig, "Two pictures side by side, one real and one generated.", dpi=100)

    def _result(self):
        study = self.study
        if not len(study.outcomes):
            return ""
        rows = [("This rater", study.outcomes, "blue"), ("A coin", study.coin_outcomes, "vermilion")]
        return "".join(_track(name, outcomes, figures.COLORS[color]) for name, outcomes, color in rows)

    def __repr__(self):
        return f"HumanEvaluation of {self.study.n_trials} pairs. {self._words()}"

    def _repr_mimebundle_(self, **kwargs):
        page = self.words.value + self.view.value + self.result.value
        return _with_fallback(super()._repr_mimebundle_(**kwargs), repr(self), page)


def _in_words(outcomes):
    low, high = 100 * coin.confidence_sequence(outcomes)[-1]
    share = 100 * outcomes.mean()
    return f"{outcomes.sum()} of {len(outcomes)} right, {share:.0f} % (95 % sequence: {low:.0f} to {high:.0f} %)"


def _track(name, outcomes, color):
    # A line from 0 to 100 % with the interval as a bar, the accuracy as a tick, and a dotted mark at one half.
    low, high = coin.confidence_sequence(outcomes)[-1]
    bar = f"left:{low:.1%};width:{high - low:.1%};top:4px;height:8px;background:{color};opacity:.45"
    half = "left:50%;top:0;height:16px;border-left:2px dotted #444"
    tick = f"left:{outcomes.mean():.1%};top:0;height:16px;border-left:4px solid {color};margin-left:-2px"
    marks = "".join(f'<div style="position:absolute;{style}"></div>' for style in (bar, half, tick))
    track = f'<div style="position:relative;height:16px;max-width:480px;background:#EEE">{marks}</div>'
    return f'<div style="margin:.3em 0">{name}: {_in_words(outcomes)}{track}</div>'
