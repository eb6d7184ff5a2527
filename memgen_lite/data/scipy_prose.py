"""English prose that is installed already: the sentences in the docstrings of SciPy."""

import ast
import json
import re
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from ..shared.files import cached
from ..shared.types import RandomState
from .dataset import Dataset, split

VERSION = 1  # of the rules below; a change makes the cache start anew
SECTION = re.compile(r"^(?P<title>[A-Z][\w ]+)\n[-=~^]{3,}\s*$", re.MULTILINE)
WANTED = {"", "Notes", "Examples", "Extended Summary", "Description"}
MARKUP = re.compile(
    r"``([^`\n]+)``|:[\w:]+:`~?([^`<\n]+?)`|`([^`<\n]+) <[^>\n]+>`__?|`([^`\n]+)`_?|\*\*?([\w -]+)\*\*?"
)
NO_PROSE = re.compile(r"[@\\{}$=<>|^~]|::|>>>|\.\. |:math|__|https?:|\[\d+\]_|[^\x20-\x7e]")
SENTENCES = re.compile(r"^[A-Z][^\n]{60,}[.!?]$")


def prose(held_out: float = 0.2, random_state: RandomState = 0) -> Dataset:
    """Paragraphs of English from the docstrings of SciPy, as lists of str, one line each.

    A document is a source file; whole documents are held out, a share `held_out` of them. Only the running text of a
    docstring is kept: no parameter tables, code, doctests, formulas or references, and each paragraph once, where it
    comes first. The names are those of the documents. The source files are read, not run, and the result is cached for
    each version of SciPy.
    """
    version = metadata.version("scipy")
    root = Path(find_spec("scipy").origin).parent
    documents = json.loads(cached(f"prose-{VERSION}-scipy-{version}", lambda: json.dumps(extract(root)).encode()))
    parts = [[documents[i] for i in rows] for rows in split(len(documents), held_out, random_state)]
    train, kept = ([(text, name) for name, texts in part for text in texts] for part in parts)
    return Dataset(
        train=[text for text, _ in train],
        held_out=[text for text, _ in kept],
        names=[name for _, name in train],
        names_held_out=[name for _, name in kept],
        name="prose",
        source=f"docstrings of SciPy {version}",
        license="BSD 3-Clause",
        credit=f"Prose: docstrings of SciPy {version}, BSD 3-Clause, the SciPy developers",
    )


def extract(root):
    """Paragraphs of the docstrings below a folder of Python sources: a list of [file, list of paragraphs].

    Files are taken in order of name, docstrings in order of line; tests and `_lib`, much of it other projects' code,
    are left out, and so are files without a paragraph.
    """
    seen, documents = set(), []
    for path in sorted(root.rglob("*.py"), key=lambda path: path.relative_to(root).as_posix()):
        name = path.relative_to(root).as_posix()
        if re.search(r"(^|/)(tests|_lib|_external)/", name):
            continue
        texts = [ast.get_docstring(node) or "" for node in documented(ast.parse(path.read_bytes()))]
        found = dict.fromkeys(paragraph for text in texts for paragraph in paragraphs(text))
        kept = [paragraph for paragraph in found if paragraph not in seen]
        seen.update(kept)
        if kept:
            documents.append([name, kept])
    return documents


DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = ("body", "handlers", "cases", "orelse", "finalbody")  # where statements hold statements, as they follow


def documented(node):
    """What may have a docstring in a module or a statement, itself included, in order of line.

    Expressions, which are most of a tree, are not entered: they hold none.
    """
    if isinstance(node, DOCUMENTED):
        yield node
    for block in BLOCKS:
        for inner in getattr(node, block, ()):
            yield from documented(inner)


def paragraphs(docstring):
    """The running text of one docstring: a list of paragraphs, each one line of plain sentences.

    >>> paragraphs("Add two numbers, as people have done since the invention of `fingers`.\\n\\n>>> 1 + 1\\n2")
    ['Add two numbers, as people have done since the invention of fingers.']
    """
    pieces = SECTION.split(docstring)  # text, title, text, title, text
    sections = zip(["", *pieces[1::2]], pieces[::2], strict=True)
    texts = [text for title, section in sections if title in WANTED for text in re.split(r"\n\s*\n", section)]
    found = []
    for text in texts:
        if re.search(r"^([ \t]|[-*+#] |\d+[.)] )", text.strip("\n"), re.MULTILINE):  # indented, or a list
            continue
        line = MARKUP.sub(lambda match: match[match.lastindex], " ".join(text.split()))
        letters = sum(character.isalpha() or character == " " for character in line)
        if SENTENCES.match(line) and not NO_PROSE.search(line) and letters > 0.92 * len(line):
            found.append(line)
    return found
