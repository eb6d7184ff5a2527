"""A training row beside the generated row that sits on it, so that one can see for oneself."""

from ..shared.html import table


class Pairs:
    """Named training rows, each beside the closest generated row: pictures, a readable difference of texts, or cells.

    `rows` is a list of (training row, generated row); in a notebook it shows itself as a table, elsewhere as lines.
    """

    def __init__(self, inputs, copies):
        self.rows = [(line["train_row"], line["generated_rows"][0]) for line in copies]
        self._ratios = [line["ratio"] for line in copies]
        self._inputs = inputs

    def __len__(self):
        return len(self.rows)

    def __repr__(self):
        if not self.rows:
            return "no row is named"
        lines = [
            f"train {t} ~ generated {g} (ratio {ratio:.3g}): {self._inputs.kind.text(*self._both(t, g))}"
            for (t, g), ratio in zip(self.rows, self._ratios, strict=True)
        ]
        return "\n".join(lines)

    def _repr_html_(self):
        if not self.rows:
            return "<p>No row is named.</p>"
        rows = (
            f'<th scope="row">{t}</th><td>{g}</td><td>{ratio:.3g}</td>{self._html(t, g)}'
            for (t, g), ratio in zip(self.rows, self._ratios, strict=True)
        )
        return table("Named training rows", ("train", "generated", "ratio", *self._inputs.kind.heads), rows)

    def _both(self, t, g):
        kind, items = self._inputs.kind, self._inputs.items
        return kind.at(items["train"], t), kind.at(items["generated"], g)

    def _html(self, t, g):
        return self._inputs.kind.html(*self._both(t, g), train=self._inputs.items["train"], places=(t, g))
