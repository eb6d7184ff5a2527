"""Questions to the reader: a prediction before the result, an exercise with a check, and the score of both."""

import html
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as W
import numpy as np

from ...shared import checks
from .stored import PROMPT, Stored, line

_ASKED = {}  # what this kernel has asked, by kind and question; a cell that runs again replaces its question
_SCORES = []  # the scores that it shows


class Predict(Stored):
    """A question that the reader answers before looking; what :meth:`reveal` returns shows nothing until then.

    Parameters
    ----------
    question : str.
    choices : sequence of str, one of which is the answer; or
    range : (low, high) of a slider, in `step`s, when the answer is a number.

    Attributes
    ----------
    answer : what the reader has chosen, a str or a float; None before.
    done : bool, whether the reader has predicted, or has asked for the answer; then nothing can be changed.

    >>> guess = Predict("How many of 100 draws from 100 memories are distinct?", range=(0, 100))
    >>> answer = guess.reveal(63)
    >>> answer
    The answer comes here when you have predicted it.
    >>> guess.submit(60)
    >>> answer
    You said 60; right: the answer is 63.
    """

    def __init__(
        self,
        question: str,
        choices: Sequence[str] | None = None,
        *,
        range: tuple[float, float] | None = None,
        step: float = 1,
    ) -> None:
        if (choices is None) == (range is None):
            given = f"choices={checks.shown(choices)} and range={checks.shown(range)}"
            raise ValueError(f"give choices or range, one of them; got {given}")
        self.question, self.choices = _question(question), _choices(choices)
        self.answer, self.done, self.reveals = None, False, []
        self.button = W.Button(description="This is my prediction", layout=W.Layout(width="max-content"))
        self.button.on_click(lambda _: self.submit(self.control.value))
        if choices is not None:
            self.control, self.button.disabled = _buttons(self.choices), True
        else:
            low, high = _ends(range)
            step = checks.number(step, "step", (high - low) / 1e6, high - low)
            self.start = low + step * round((high - low) / (2 * step))
            self.control = W.FloatSlider(min=low, max=high, step=step, value=self.start, readout_format=".4g")
        self.control.tooltip = "Your prediction"
        self.control.observe(lambda change: self._hear(change["new"]), names="value")
        super().__init__([W.HTML(self._prompt()), self.control, self.button])
        _ASKED[Predict, question] = self
        self.place = list(_ASKED).index((Predict, question))
        self.add_class(f"memgen-asks-{self.place}")  # the dashboard shows no result between the two
        _count()

    def _prompt(self):
        return f'<div style="{PROMPT}"><b>Predict.</b> {html.escape(self.question)}</div>'

    def _hear(self, value):
        if self.choices is None and self.answer is None and abs(value - self.start) < self.control.step / 2:
            return  # the page itself says where it has put the slider, to other last digits
        self.answer, self.button.disabled = value, False

    def submit(self, answer: Any) -> None:
        """Predict, as if the answer had been chosen and the button pressed; what was predicted once stays."""
        if not self.done:
            if self.choices is not None:
                checks.one_of(answer, "answer", self.choices)
            self.control.value = answer if self.choices is not None else checks.number(answer, "answer")
            self.answer = self.control.value  # nothing is heard where it stood there already
            self.finish()

    def finish(self) -> None:
        """Show the answer beside what was chosen until now, which may be nothing."""
        self.done = self.control.disabled = self.button.disabled = True
        self.button.description = "Predicted" if self.answer is not None else "Not predicted"
        self.remove_class(f"memgen-asks-{self.place}")
        for reveal in self.reveals:
            reveal.show()
        _count()

    def reveal(self, truth: Any, *, tolerance: float | None = None) -> Any:
        """A view of the answer: a choice, or a number (right within `tolerance`, default 10 %).

        It is hidden until the reader predicts, or asks for it. Who has chosen before this runs has predicted.
        """
        if self.choices is None:
            truth = checks.number(truth, "truth")
        elif not isinstance(truth, str) or truth not in self.choices:
            raise ValueError(f"truth must be one of the choices {self.choices}, got {checks.shown(truth)}")
        if tolerance is not None:
            checks.number(tolerance, "tolerance", 0)
        self.reveals.append(Reveal(self, truth, tolerance))
        if self.done or self.answer is not None:
            self.finish()
        return self.reveals[-1]

    def __repr__(self):
        options = " | ".join(self.choices) if self.choices else f"{self.control.min:g} to {self.control.max:g}"
        return f"Predict: {self.question} [{options}]"

    def _page(self):
        answers = f"<p>A number from {self.control.min:g} to {self.control.max:g}.</p>" if not self.choices else ""
        return self._prompt() + (answers or _list(self.choices))


class Reveal(Stored):
    """The answer to a :class:`Predict`, in a sentence, once the reader has predicted or pressed the button.

    What is shown, stored or sent to the page before that does not depend on the answer.

    Attributes
    ----------
    right : bool, whether the prediction was; None as long as none was made.
    """

    def __init__(self, asked: Predict, truth: Any, tolerance: float | None) -> None:
        self.asked, self.truth, self.tolerance = asked, truth, tolerance
        self.words = W.HTML()
        self.button = W.Button(description="Show the answer", tooltip="Without a prediction; it does not count then")
        self.button.on_click(lambda _: asked.finish())
        super().__init__([self.words, self.button])
        self.add_class(f"memgen-answers-{asked.place}")
        self.show()

    @property
    def right(self) -> bool | None:
        answer = self.asked.answer if self.asked.done else None
        if answer is None or isinstance(self.truth, str):
            return None if answer is None else answer == self.truth
        return abs(answer - self.truth) <= (0.1 * abs(self.truth) if self.tolerance is None else self.tolerance)

    def show(self) -> None:
        """Say what there is to be said by now."""
        self.words.value = self._page()
        self.button.layout.display = "none" if self.asked.done else None

    def __repr__(self):
        if not self.asked.done:
            return "The answer comes here when you have predicted it."
        if self.right is None:
            return f"No prediction was made. The answer is {_shown(self.truth)}."
        verdict = "right" if self.right else "not so"
        return f"You said {_shown(self.asked.answer)}; {verdict}: the answer is {_shown(self.truth)}."

    def _page(self):
        return f'<div aria-live="polite">{_marked(self.right, repr(self))}</div>'


class Exercise(Stored):
    """A field for the answer to an exercise and, below it, what is wrong with that answer; never the right one.

    Parameters
    ----------
    question : str, in a few words; the exercise itself stands in the text above.
    check : function of the answer that returns None where it is right, else what is wrong, in words. It is in the
        reader's sight, so let it try the answer and say what comes of it, rather than hold the solution.
    choices : sequence of str, one of which is the answer. Without them it is a number.
    answer : a function, or any object, that the reader wrote in the cell above. It is checked at once, in place of a
        field; None is no answer.

    Attributes
    ----------
    wrong : str, what is wrong with the answer; "" where it is right.
    right : bool, or None as long as there is no answer.

    >>> def tried(tosses):
    ...     return None if tosses == 2 else f"In {tosses:g} tosses, {tosses / 2:g} heads are to be expected."
    >>> Exercise("How many tosses for one head?", tried)
    Exercise: How many tosses for one head? No answer yet: type a number.
    >>> Exercise("How many tosses for one head?", tried, answer=3)
    Exercise: How many tosses for one head? Not yet. In 3 tosses, 1.5 heads are to be expected.
    """

    def __init__(
        self, question: str, check: Callable[[Any], Any], *, choices: Sequence[str] | None = None, answer: Any = None
    ) -> None:
        if not callable(check):
            raise TypeError(f"check must be a function of the answer, got {checks.shown(check)}")
        self.question, self.check, self.choices = _question(question), check, _choices(choices)
        self.right, self.wrong = None, ""
        self.words = W.HTML(layout=W.Layout(min_height="3.2em"))
        self.control = self._field() if answer is None else None
        title = W.HTML(f"<b>Exercise.</b> {html.escape(question)}")
        super().__init__([title, *([self.control] if self.control else []), self.words])
        _ASKED[Exercise, question] = self
        if answer is None:
            self._show()
        else:
            self.submit(answer)

    def _field(self):
        if self.choices:
            field = _buttons(self.choices)
            field.tooltip = "Your answer"
        else:
            field = W.Text(placeholder="a number", continuous_update=False, description="answer")
            field.tooltip = "Your answer; press Enter to have it checked"
        field.observe(lambda change: self._hear(change["new"]), names="value")
        return field

    def _hear(self, typed):
        if self.choices or (value := number(typed)) is not None:
            self.submit(typed if self.choices else value)
            return
        self.right, self.wrong = None, ""
        if typed.strip():
            self.right, self.wrong = False, f"“{typed.strip()}” is no number; write it as 1234.5 or 1,234.5."
        self._show()

    def submit(self, answer: Any) -> None:
        """Check an answer, as if it had been typed or chosen."""
        try:
            said = self.check(answer) or ""
        except Exception as error:  # what the reader wrote may fail in any way, and the page goes on
            said = f"It can't be checked: {type(error).__name__}: {error}"
        if not isinstance(said, str):
            raise TypeError(f"check must return None or what is wrong, a str, got {checks.shown(said)}")
        self.right, self.wrong = not said, said
        self._show()

    def _show(self):
        self.words.value = f'<div aria-live="polite">{_marked(self.right, self._verdict())}</div>'
        _count()

    def _verdict(self):
        if self.right is None:
            return f"No answer yet: {'choose one' if self.choices else 'type a number'}."
        return "Right." if self.right else f"Not yet. {self.wrong}"

    def __repr__(self):
        return f"Exercise: {self.question.rstrip('.')}{'' if self.question.endswith('?') else '.'} {self._verdict()}"

    def _page(self):
        return self.children[0].value + (_list(self.choices) if self.choices else "") + self.words.value


def number(text):
    """What a person typed, as a float: digits with a point, and commas between thousands; None if it is no number.

    >>> number("1,024"), number(" -0.5 "), number("3,14")
    (1024.0, -0.5, None)
    """
    text = text.strip().replace("−", "-")
    pattern = r"[+-]?((\d{1,3}(,\d{3})+|\d+)(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?"
    if not re.fullmatch(pattern, text, re.ASCII | re.IGNORECASE):
        return None
    value = float(text.replace(",", ""))
    return value if math.isfinite(value) else None


class Score(Stored):
    """What the reader has predicted and solved so far, in words that follow what is answered after.

    Attributes: predictions, made, right (of those made); exercises, solved; all int.
    """

    def __init__(self) -> None:
        self.words = W.HTML()
        super().__init__([self.words])
        _SCORES.append(self)
        self.count()

    def count(self) -> None:
        """Look at all questions again."""
        kinds = {kind: [one for one in _ASKED.values() if isinstance(one, kind)] for kind in (Predict, Exercise)}
        made = [one.reveals[0] for one in kinds[Predict] if one.reveals and one.reveals[0].right is not None]
        self.predictions, self.made, self.right = len(kinds[Predict]), len(made), sum(one.right for one in made)
        self.exercises, self.solved = len(kinds[Exercise]), sum(one.right is True for one in kinds[Exercise])
        self.words.value = self._page()

    def __repr__(self):
        words = []
        if self.predictions:
            found = f", {self.right} of them right" if self.made else ""
            words.append(f"Predicted before the result: {self.made} of {self.predictions}{found}.")
        if self.exercises:
            words.append(f"Exercises solved: {self.solved} of {self.exercises}.")
        return " ".join(words) or "Nothing was asked."

    def _page(self):
        return line(repr(self))


def score() -> Score:
    """The :class:`Score` of this kernel, live. A prediction counts when it was made and its answer was revealed."""
    return Score()


def _count():
    for shown in _SCORES:
        shown.count()


def _question(question):
    if not isinstance(question, str):
        raise TypeError(f"question must be a str, got {checks.shown(question)}")
    return question


def _choices(choices):
    if choices is None:
        return None
    if isinstance(choices, str) or not np.iterable(choices):
        raise TypeError(f"choices must be a list of str, got {checks.shown(choices)}")
    choices = list(choices)
    if wrong := [choice for choice in choices if not isinstance(choice, str)]:
        raise TypeError(f"choices must be strings, got {checks.shown(wrong[0])}")
    if not choices:
        raise ValueError("choices must be one str or more, got none")
    return choices


def _ends(range):
    ends = checks.numbers_in(range, "range", -1e100, 1e100)
    if ends.shape != (2,) or not ends[0] < ends[1]:
        raise ValueError(f"range must be (low, high), in order, got {checks.shown(range)}")
    return ends.tolist()


def _buttons(choices):
    return W.RadioButtons(options=choices, value=None, layout=W.Layout(width="auto"))


def _list(choices):
    return f"<ul>{''.join(f'<li>{html.escape(choice)}</li>' for choice in choices)}</ul>"


def _shown(answer):
    return answer if isinstance(answer, str) else f"{answer:.4g}"


def _marked(right, words):
    return line({None: "", True: "✓ ", False: "✗ "}[right] + words)
