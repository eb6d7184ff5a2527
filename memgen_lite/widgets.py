"""Interactive views: a state, a pure drawing function, a view. Nothing here computes a result of its own."""

import gc
import html

import ipywidgets as W

PROMPT = "border-left:4px solid #0072B2;padding:.2em .8em;margin:.2em 0"


class Explorer(W.VBox):
    """Controls above a picture that follows them, with what the picture shows in words between the two.

    Parameters
    ----------
    draw : function of the controls' values, by name, that returns a :class:`memgen_lite.figures.Picture`. It must be
        pure: the same values give the same picture. Its alt text is the line of words.
    height : int, pixels kept for the picture, so that the page does not jump.
    controls : ipywidgets with a `value`, by the name of the argument that they set. Their descriptions are the labels.

    In a stored notebook, and wherever widgets do not run, it shows as the picture for the first values.
    """

    def __init__(self, draw, *, height=360, **controls):
        self._draw, self.controls = draw, controls
        self.words = W.HTML()
        self.view = W.HTML(layout=W.Layout(min_height=f"{height}px"))
        for control in controls.values():
            control.style.description_width = "initial"
            if hasattr(control, "readout"):
                control.layout.width = "min(100%, 480px)"
            control.observe(self._update, names="value")
        super().__init__([*controls.values(), self.words, self.view])
        self._update()
        # A figure is a cycle, so every few pictures Python searches all that is loaded for cycles, which takes as long
        # as drawing one. What is there by now stays; the search is only among what comes.
        gc.collect()
        gc.freeze()

    @property
    def state(self):
        """The controls' values, by name."""
        return {name: control.value for name, control in self.controls.items()}

    def _update(self, change=None):
        self.picture = self._draw(**self.state)
        self.words.value = f'<div aria-live="polite" style="line-height:1.5">{html.escape(self.picture.alt)}</div>'
        self.view.value = self.picture.html()

    def __repr__(self):
        return f"Explorer of {', '.join(self.controls)}: {self.picture.alt}"

    def _repr_mimebundle_(self, **kwargs):
        return _with_fallback(super()._repr_mimebundle_(**kwargs), repr(self), self.picture.html())


class Predict(W.VBox):
    """A question that the reader answers before running the next cell; nothing is revealed until :meth:`reveal`.

    Parameters
    ----------
    question : str.
    choices : sequence of str, one of which is the answer; or
    range : (low, high) of a slider, in `step`s, when the answer is a number.

    >>> guess = Predict("How many of 100 draws from 100 memories are distinct?", range=(0, 100))
    >>> guess.reveal(63)
    No prediction was made. The answer is 63.
    """

    def __init__(self, question, choices=None, *, range=None, step=1):
        if (choices is None) == (range is None):
            raise ValueError(f"give choices or range, one of them; got choices={choices!r} and range={range!r}")
        self.question, self.choices = question, list(choices) if choices is not None else None
        self.answer = None
        if choices is not None:
            self.control = W.RadioButtons(options=self.choices, value=None, layout=W.Layout(width="auto"))
        else:
            low, high = range
            self.control = W.FloatSlider(min=low, max=high, step=step, value=(low + high) / 2, readout_format=".4g")
        self.control.observe(self._keep, names="value")
        super().__init__([W.HTML(self._prompt()), self.control])

    def _prompt(self):
        return f'<div style="{PROMPT}"><b>Predict.</b> {html.escape(self.question)}</div>'

    def _keep(self, change):
        self.answer = change["new"]

    def reveal(self, truth, *, tolerance=None):
        """Compare the reader's answer with `truth`: a choice, or a number (right within `tolerance`, default 10 %)."""
        if self.choices is not None and truth not in self.choices:
            raise ValueError(f"truth must be one of the choices {self.choices}, got {truth!r}")
        return Reveal(self.answer, truth, tolerance)

    def __repr__(self):
        options = (
            f" [{' | '.join(self.choices)}]" if self.choices else f" [{self.control.min:g} to {self.control.max:g}]"
        )
        return f"Predict: {self.question}{options}"

    def _repr_mimebundle_(self, **kwargs):
        if self.choices is None:
            answers = f"<p>A number from {self.control.min:g} to {self.control.max:g}.</p>"
        else:
            answers = f"<ul>{''.join(f'<li>{html.escape(choice)}</li>' for choice in self.choices)}</ul>"
        return _with_fallback(super()._repr_mimebundle_(**kwargs), repr(self), self._prompt() + answers)


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
        mark = {None: "", True: "✓ ", False: "✗ "}[self.right]
        return f'<div style="{PROMPT}">{mark}{html.escape(repr(self))}</div>'


def _with_fallback(bundle, text, page):
    # A front end that runs widgets takes the widget; every other one, and a stored notebook, shows the page.
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    return {**data, "text/plain": text, "text/html": page}, metadata


def __getattr__(name):
    if name == "HumanEvaluation":  # it is built from what is above, so it can be imported only afterwards
        from .study import HumanEvaluation

        return HumanEvaluation
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
