"""A notebook as a page: its text, its code, and the outputs that are stored in it. Nothing is executed.

The text is Markdown to MkDocs, so that its links are checked. Outputs are put in when the page is made of it, since no
reader of Markdown should touch them.
"""

import base64
import hashlib
import html
import json
import re
import textwrap

from latex2mathml.converter import convert

PICTURES = {}  # path in the site -> bytes
_OUTPUTS = {}  # name of a place in a page -> HTML
_FIRST = """
!!! note ""
    This page shows the outputs that are stored in `notebooks/{name}`. When it runs, sliders move and predictions are
    asked for: `make lab` opens it.
"""


def code(path):
    """All code of a notebook."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def page(path):
    """The Markdown of a notebook."""
    parts = []
    for number, cell in enumerate(json.loads(path.read_text("utf-8"))["cells"]):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(_text(source))
        else:
            parts.append(_folded(cell, f"```python\n{source}\n```"))
            parts += [_place(f"{path.stem}-{number}-{i}", output) for i, output in enumerate(cell["outputs"])]
    title, _, rest = "\n\n".join(parts).partition("\n")
    return f"{title}\n{_FIRST.format(name=path.name)}\n{rest}"


def _folded(cell, block):
    """The code of a cell that is folded in the notebook, folded here too."""
    if not cell["metadata"].get("jupyter", {}).get("source_hidden"):
        return block
    what = "asks" if "ask" in cell["metadata"].get("tags", ()) else "draws"
    return f'??? example "Code that {what}"\n\n{textwrap.indent(block, "    ")}'


def _text(source):
    source = re.sub(r"\]\((\w+)\.ipynb", r"](\1.md", source)
    return source.replace("<details>", '<details markdown="1">')


def _place(name, output):
    data = output.get("data", {})
    if "text/html" in data:
        shown = re.sub(r"<style scoped>.*?</style>", "", "".join(data["text/html"]), flags=re.DOTALL)
        shown = re.sub(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)", _kept, shown)
    else:
        shown = f"<pre>{html.escape(''.join(output.get('text') or data['text/plain']))}</pre>"
    _OUTPUTS[name] = shown
    return f'<div class="output" id="{name}"></div>'


def _kept(match):
    content = base64.b64decode(match[1])
    name = f"book/pictures/{hashlib.sha256(content).hexdigest()[:16]}.png"
    PICTURES[name] = content
    return name


def finished(page, file, files):
    """The HTML of a page with the outputs in their places, and its formulas as MathML."""

    def output(match):
        return re.sub(
            r'src="(book/pictures/\w+\.png)"',
            lambda picture: f'loading="lazy" src="{files.get_file_from_path(picture[1]).url_relative_to(file)}"',
            f'<div class="output" tabindex="0">{_OUTPUTS[match[1]]}</div><!-- end of output -->',
        )

    page = re.sub(r'<div class="output" id="([\w-]+)"></div>', output, page)
    return re.sub(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', _formula, page, flags=re.DOTALL)


def _formula(match):
    return convert(html.unescape(match[3]), display="block" if match[2] == "[" else "inline")
