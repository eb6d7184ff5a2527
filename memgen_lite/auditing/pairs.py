"""A training row beside the generated row that sits on it, so that one can see for oneself."""

from html import escape

from .spaces import SPANS, as_compared
from .spans import span_html, span_text


class Pairs:
    """Named training rows, each beside the closest generated row: pictures, a readable difference of texts, or cells.

    `rows` is a list of (training row, generated row); in a notebook it shows itself as a grid, elsewhere as lines. Rows
    are counted from 0; where a frame has labels of its own they stand beside.
    """

    def __init__(self, inputs, copies):
        self.rows = [(line["train_row"], line["generated_rows"][0]) for line in copies]
        self._inputs, self._copies = inputs, copies

    def __len__(self):
        return len(self.rows)

    def alike(self):
        """How much each pair has in common, a list of str that tell nothing of what stands in the rows."""
        return [self._inputs.kind.alike(*both) for _, _, both in self._shown()]

    def spans(self):
        """The longest run of words that each pair of texts shares, with what stands around it on both sides, a str.

        Raises
        ------
        TypeError : where the rows are no texts.
        """
        if self._inputs.kind.name != "text":
            raise TypeError(f"spans are of texts, got rows of the kind {self._inputs.kind.name!r}")
        return "\n".join(f"{caption}:\n{span_text(*both)}" for caption, _, both in self._shown()) or "no row is named"

    def __repr__(self):
        plain = self._inputs.kind.text
        texts = (span_text if space == SPANS else plain for space in self._spaces())
        lines = (f"{caption}: {text(*both)}" for text, (caption, _, both) in zip(texts, self._shown(), strict=True))
        return "\n".join(lines) or "no row is named"

    def _repr_html_(self):
        if not self.rows:
            return "<p>No row is named.</p>"
        kind, train = self._inputs.kind, self._inputs.items["train"]
        width = kind.width(kind.at(train, self.rows[0][0]))
        grid = f"display:grid;gap:14px;grid-template-columns:repeat(auto-fill,minmax(min({width}px,100%),1fr))"
        figures = (
            f'<figure style="margin:0">'
            f"{span_html(*both) if space == SPANS else kind.html(*both, train=train, places=places)}"
            f"<figcaption><small>{escape(caption)}</small></figcaption></figure>"
            for space, (caption, places, both) in zip(self._spaces(), self._shown(), strict=True)
        )
        return f'<p>{kind.legend}</p><div style="{grid}">{"".join(figures)}</div>'

    def _spaces(self):
        return [line.get("space") for line in self._copies]

    def _shown(self):
        """(caption, places, the two as they are compared in the space where the pair was seen)."""
        kind, items, label = self._inputs.kind, self._inputs.items, self._inputs.label
        for (t, g), line in zip(self.rows, self._copies, strict=True):
            both = kind.at(items["train"], t), kind.at(items["generated"], g)
            space = line.get("space")
            if kind.name == "image" and space is not None:
                both = as_compared(space, *both)
            where = "" if space is None else f", {space}"
            caption = (
                f"train {label('train', t)} ~ generated {label('generated', g)} (ratio {line['ratio']:.3g}{where})"
            )
            yield caption, (t, g), both
