"""What the interactive views share: the line of words in its box, and what a stored notebook shows in their place."""

from html import escape

import ipywidgets as W

PROMPT = "border-left:4px solid #0072B2;padding:.2em .8em;margin:.2em 0"


class Stored(W.VBox):
    """A view that shows its `_page()`, HTML, and its `repr` in a stored notebook and wherever widgets do not run."""

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "text/plain": repr(self), "text/html": self._page()}, metadata


def line(words, attributes="", style=PROMPT):
    """HTML of a line of words, escaped."""
    return f'<div{attributes} style="{style}">{escape(words)}</div>'
