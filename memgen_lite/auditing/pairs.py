"""A training row beside the generated row that sits on it, so that one can see for oneself."""

from ..shared.html import table


class Pairs:
    """Named training rows, each beside the closest generated row: pictures, a readable difference of texts, or cells.

    `rows` is a list of (training row, generated row); in a notebook it shows itself as a table, elsewhere as lines.
    """

    def __init__(self, inputs, copies):
        self.rows = [(line["train_row"], line["generated_rows"][0]) for line in copies]
        self._inputs, self._copies = inputs, copies

    def __len__(self):
        return len(self.rows)

    def __repr__(self):
        text = self._inputs.kind.text
        lines = (f"train {t} ~ generated {g} (ratio {ratio}): {text(*both)}" for t, g, ratio, both in self._shown())
        return "\n".join(lines) or "no row is named"

    def _repr_html_(self):
        if not self.rows:
            return "<p>No row is named.</p>"
        kind, train = self._inputs.kind, self._inputs.items["train"]
        rows = (
            f'<th scope="row">{t}</th><td>{g}</td><td>{ratio}</td>{kind.html(*both, train=train, places=(t, g))}'
            for t, g, ratio, both in self._shown()
        )
        return table("Named training rows", ("train", "generated", "ratio", *kind.heads), rows)

    def _shown(self):
        kind, items = self._inputs.kind, self._inputs.items
        for (t, g), line in zip(self.rows, self._copies, strict=True):
            yield t, g, f"{line['ratio']:.3g}", (kind.at(items["train"], t), kind.at(items["generated"], g))
