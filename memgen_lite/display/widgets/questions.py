"""Questions to the reader: a prediction before the result, an exercise with a check, and the score of both."""

import html
import math
import re

import ipywidgets as W

from .stored import PROMPT, Stored, line

_ASKED = {}  # what this kernel has asked, by kind and question; a cell that runs again replaces its question


class Predict(Stored):
    """A question that the reader answers before running the next cell; nothing is revealed until :meth:`reveal`.

    Parameters
    ----------
    question : str.
    choices : sequence of str, one of which is the answer; or
    range : (low, high) of a slider, in `step`s, when the answer is a number.

    Attributes
    ----------
    revealed : the :class:`Reveal` that counts in :func:`score`: of the first answer that was revealed, None before.

    >>> guess = Predict("How many of 100 draws from 100 memories are distinct?", range=(0, 100))
    >>> guess.reveal(63)
    No prediction was made. The answer is 63.
    """

    def __init__(self, question, choices=None, *, range=None, step=1):
        if (choices is None) == (range is None):
            raise ValueError(f"give choices or range, one of them; got choices={choices!r} and range={range!r}")
        self.question, self.choices = question, list(choices) if choices is not None else None
        self.answer = self.revealed = None
        if choices is not None:
            if wrong := [choice for choice in self.choices if not isinstance(choice, str)]:
                raise TypeError(f"choices must be strings, got {wrong[0]!r}")
            self.control = _buttons(self.choices)
        else:
            low, high = range
            self.control = W.FloatSlider(min=low, max=high, step=step, value=(low + high) / 2, readout_format=".4g")
        self.control.tooltip = "Your prediction"
        self.control.observe(lambda change: setattr(self, "answer", change["new"]), names="value")
        super().__init__([W.HTML(self._prompt()), self.control])
        _ASKED[Predict, question] = self

    def _prompt(self):
        return f'<div style="{PROMPT}"><b>Predict.</b> {html.escape(self.question)}</div>'

    def reveal(self, truth, *, tolerance=None):
        """Compare the reader's answer with `truth`: a choice, or a number (right within `tolerance`, default 10 %)."""
        if self.choices is not None and truth not in self.choices:
            raise ValueError(f"truth must be one of the choices {self.choices}, got {truth!r}")
        revealed = Reveal(self.answer, truth, tolerance)
        if self.revealed is None and revealed.right is not None:
            self.revealed = revealed
        return revealed

    def __repr__(self):
        options = " | ".join(self.choices) if self.choices else f"{self.control.min:g} to {self.control.max:g}"
        return f"Predict: {self.question} [{options}]"

    def _page(self):
        answers = f"<p>A number from {self.control.min:g} to {self.control.max:g}.</p>" if not self.choices else ""
        return self._prompt() + (answers or _list(self.choices))


class Reveal:
    """What became of a prediction, in a sentence. `right` is None where none was made."""

    def __init__(self, answer, truth, tolerance=None):
        self.answer, self.truth = answer, truth
        if answer is None:
            self.right = None
        elif isinstance(truth, str):
            self.right = answer == truth
        else:
            self.right = abs(answer - truth) <= (0.1 * abs(truth) if tolerance is None else tolerance)

    def __repr__(self):
        shown = self.truth if isinstance(self.truth, str) else f"{self.truth:.4g}"
        if self.right is None:
            return f"No prediction was made. The answer is {shown}."
        given = self.answer if isinstance(self.answer, str) else f"{self.answer:.4g}"
        return f"You said {given}; {'right' if self.right else 'not so'}: the answer is {shown}."

    def _repr_html_(self):
        return _marked(self.right, repr(self))


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

    def __init__(self, question, check, *, choices=None, answer=None):
        self.question, self.check, self.choices = question, check, list(choices) if choices is not None else None
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

    def submit(self, answer):
        """Check an answer, as if it had been typed or chosen."""
        try:
            said = self.check(answer)
        except Exception as error:  # what the reader wrote may fail in any way, and the page goes on
            said = f"It can't be checked: {type(error).__name__}: {error}"
        self.right, self.wrong = not said, said or ""
        self._show()

    def _show(self):
        self.words.value = f'<div aria-live="polite">{_marked(self.right, self._verdict())}</div>'

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


class Score:
    """What the reader has predicted and solved so far, in words.

    Attributes: predictions, made, right (of those made); exercises, solved; all int.
    """

    def __init__(self, asked):
        kinds = {kind: [one for one in asked if isinstance(one, kind)] for kind in (Predict, Exercise)}
        made = [one.revealed for one in kinds[Predict] if one.revealed]
        self.predictions, self.made, self.right = len(kinds[Predict]), len(made), sum(one.right for one in made)
        self.exercises, self.solved = len(kinds[Exercise]), sum(one.right is True for one in kinds[Exercise])

    def __repr__(self):
        words = []
        if self.predictions:
            found = f", {self.right} of them right" if self.made else ""
            words.append(f"Predicted before the result: {self.made} of {self.predictions}{found}.")
        if self.exercises:
            words.append(f"Exercises solved: {self.solved} of {self.exercises}.")
        return " ".join(words) or "Nothing was asked."

    def _repr_html_(self):
        return line(repr(self))


def score():
    """The :class:`Score` of this kernel so far. A prediction counts with the first answer that was revealed.

    Run its cell again after answering more.
    """
    return Score(_ASKED.values())


def _buttons(choices):
    return W.RadioButtons(options=choices, value=None, layout=W.Layout(width="auto"))


def _list(choices):
    return f"<ul>{''.join(f'<li>{html.escape(choice)}</li>' for choice in choices)}</ul>"


def _marked(right, words):
    return line({None: "", True: "✓ ", False: "✗ "}[right] + words)
