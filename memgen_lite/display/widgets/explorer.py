"""Controls above a picture that follows them."""

import gc
import inspect
from collections.abc import Callable, Hashable
from contextlib import contextmanager
from typing import Any

import ipywidgets as W
import numpy as np

from ...shared.checks import shown, whole
from ...shared.figures import Picture
from .stored import Stored, line


class Explorer(Stored):
    """Controls above a picture that follows them, with what the picture shows in words between the two.

    Parameters
    ----------
    draw : function of the controls' values, by name, that returns a :class:`memgen_lite.figures.Picture`. It must be
        pure: the same values give the same picture. Its alt text is the line of words.
    height : int, pixels kept for the picture, so that the page does not jump.
    play : str or None, the name of a :func:`slider` that gets buttons which move it on by themselves, step after step.
    controls : ipywidgets with a `value`, by the name of the argument that they set. Their descriptions are the labels.

    Whoever drags faster than `draw` draws gets the last value only, since Jupyter holds back what comes in between. In
    a stored notebook, and wherever widgets do not run, it shows as the picture for the first values.
    """

    def __init__(
        self, draw: Callable[..., Any], *, height: int = 360, play: str | None = None, **controls: Any
    ) -> None:
        if not callable(draw):
            raise TypeError(f"draw must be a function of the controls' values, got {shown(draw)}")
        try:
            inspect.signature(draw).bind(**controls)
        except (TypeError, ValueError) as error:
            raise TypeError(f"draw must be a function of {', '.join(controls) or 'nothing'}: {error}") from None
        height = whole(height, "height", 1)
        for name, control in controls.items():
            if not isinstance(control, W.DOMWidget) or not control.has_trait("value"):
                raise TypeError(f"{name} must be a control of ipywidgets that has a value, got {shown(control)}")
        if play is not None and not (isinstance(play, str) and isinstance(controls.get(play), W.SelectionSlider)):
            raise ValueError(f"play must be the name of a slider among the controls, or None, got {shown(play)}")
        self._draw, self.controls = draw, controls
        self.words = W.HTML()
        self.view = W.HTML(layout=W.Layout(min_height=f"{height}px"))
        for name, control in controls.items():
            control.description = control.description or name.replace("_", " ")
            control.tooltip = control.tooltip or _tooltip(control)
            control.style.description_width = "initial"
            if hasattr(control, "readout"):
                control.layout.width = "min(100%, 480px)"
            control.observe(self._update, names="value")
        rows = [_played(control) if name == play else control for name, control in controls.items()]
        super().__init__([*rows, self.words, self.view])
        self._update()

    @property
    def state(self) -> dict[str, Any]:
        """The controls' values, by name."""
        return {name: control.value for name, control in self.controls.items()}

    def _update(self, change=None):
        with _collected_young():
            drawn = self._draw(**self.state)
            if not isinstance(drawn, Picture):
                raise TypeError(f"draw must return a Picture of memgen_lite.figures, got {shown(drawn)}")
            self.picture = drawn
            self.picture.figure = None  # what is kept is what is shown
            self.words.value = line(self.picture.alt, ' aria-live="polite"', "line-height:1.5")
            self.view.value = self.picture.html()

    def __repr__(self):
        return f"Explorer of {', '.join(self.controls)}: {self.picture.alt}"

    def _page(self):
        return self.picture.html()


@contextmanager
def _collected_young():
    """Collect what is made in here, and nothing else.

    A figure is a cycle. Left to itself, Python moves it among what is old before it is thrown away, and every few
    pictures searches all that is loaded for cycles, which takes longer than drawing one.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
            gc.collect(0)


def slider(label: str, values: Any, value: Any, words: Any = "{:g}") -> Any:
    """A slider over `values` that starts at `value` and says in words what it stands at, on its right.

    Parameters
    ----------
    label : str, on its left.
    values : sequence in the order of the slider; `value` is one of them.
    words : str, a format of the value with its unit, or a function of the value that returns a str.

    >>> slider("answers", range(5, 501, 5), 100, "{:,} answers").label
    '100 answers'
    """
    if not isinstance(label, str):
        raise TypeError(f"label must be a str, got {shown(label)}")
    if not np.iterable(values):
        raise TypeError(f"values must be a sequence, got {shown(values)}")
    values = list(values)
    try:
        listed = value in values and all(isinstance(one, Hashable) for one in (value, *values))
    except (TypeError, ValueError):  # of arrays, which don't compare as one
        listed = False
    if not listed:
        ends = f", {shown(values[0])} to {shown(values[-1])}" if values else ""
        raise ValueError(f"value must be one of values{ends}, got {shown(value)}")
    if not callable(words) and not isinstance(words, str):
        raise TypeError(f"words must be a format of a value or a function of one, got {shown(words)}")
    say = words if callable(words) else words.format
    try:
        options = [(say(one), one) for one in values]
    except (ValueError, TypeError, LookupError) as error:
        raise ValueError(f"words must be a format or function for each of values: {error}") from error
    if wrong := [told for told, _ in options if not isinstance(told, str)]:
        raise TypeError(f"words must give a str for each of values, got {shown(wrong[0])}")
    return W.SelectionSlider(options=options, value=value, description=label)


def _tooltip(control):
    """What a control takes and how the keyboard moves it."""
    if isinstance(control, W.SelectionSlider):
        ends = [end[0] if isinstance(end, tuple) else end for end in (control.options[0], control.options[-1])]
        return f"{control.description}: from {ends[0]} to {ends[1]}. Drag it, or press the arrow keys."
    if hasattr(control, "min"):
        return f"{control.description}: from {control.min:g} to {control.max:g}. Drag it, or press the arrow keys."
    if hasattr(control, "options"):
        return f"{control.description}: choose with the arrow keys."
    if isinstance(control, W.Checkbox):
        return f"{control.description}: press the space bar to turn it on or off."
    return f"{control.description}: type{'' if getattr(control, 'continuous_update', True) else ', then press Enter'}."


def _played(control):
    play = W.Play(max=len(control.options) - 1, value=control.index, interval=900, tooltip="Play, stop, start again")
    W.jslink((play, "value"), (control, "index"))
    return W.HBox([play, control])
