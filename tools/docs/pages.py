"""The pages of the documentation that are made from other files while it is built; a hook of MkDocs.

Nothing is said twice: the front page is the README, the book is the notebooks with their stored outputs, the API is the
docstrings, the gallery is what each figure's `.json` says of it, the metric cards are those of `mg.metrics`.
"""

import ast
import inspect
import json
import posixpath
import pprint
import re
from pathlib import Path

import book
import docstrings
from mkdocs.structure.files import File, InclusionLevel

import memgen_lite as mg

ROOT = Path(__file__).resolve().parents[2]
MOVED = {  # where the site has what stands elsewhere in the repository
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "benchmarks/README.md": "benchmarks.md",
    "figures": "gallery.md",
    "memgen_lite/metrics": "metrics.md",
}
CONFORMANCE = "Our metrics beside those of other programs on the same arrays"  # this section is a page of its own
KINDS = "how-rows-are-compared"  # the heading that docstrings mean when they speak of the kinds of data

_CONFORMANCE = """---
hide: [toc]
---
# Conformance

The metrics of `mg.metrics`, and those of other programs, on the same arrays. Each difference has a verdict: the two
*agree*; they differ by a *convention* that both are entitled to; or one of them has a *defect*, and the last column
says which. `make conformance` builds the other programs' own environment (2 GB) and compares them anew.
"""
_GALLERY = """# Gallery

Every figure of the project, as its notebook drew it: as a picture (`.png`), as vectors (`.svg`, `.pdf`), and as the
numbers behind it (`.json`). Figures are under the MIT license, but for those that show pictures of OpenMoji, which are
under CC BY-SA 4.0 as those pictures are. Where you show a figure, name the sources of its data.
"""
_CARDS = f"""# Metric cards

All {len(mg.metrics.names())} metrics of `mg.metrics`, as `mg.metrics.describe(name)` prints them: what each one is,
which way is better, and what it says of two controls and of an honest sample. **MemGEN-U** draws from its memory with
replacement, **MemGEN-P** recites it in a shuffled order; an **honest** sample is a fresh one of the training set's law.
N, H and M are the numbers of training, held-out and generated rows, and d is that of features.
"""


def on_files(files, config):
    """Add all pages that are made, with what they show, and put them into the navigation."""
    chapters, reference = chapters_of_the_book(), api()
    pages = {uri: book.page(path) for path, uri in chapters.items()} | reference
    pages |= {
        uri: relinked((ROOT / path).read_text("utf-8"), path) for path, uri in MOVED.items() if path.endswith(".md")
    }
    pages["index.md"] = f"---\nhide: [navigation]\n---\n{pages['index.md']}"
    pages["conformance.md"], pages["benchmarks.md"] = conformance_apart(pages["benchmarks.md"])
    pages |= {"gallery.md": gallery(), "metrics.md": metric_cards()}
    for uri, content in (pages | book.PICTURES).items():
        files.append(File.generated(config, uri, content=content))
    for path in (*sorted((ROOT / "figures").iterdir()), ROOT / "LICENSE"):
        uri = path.relative_to(ROOT).as_posix()
        files.append(File.generated(config, uri, abs_src_path=str(path), inclusion=InclusionLevel.NOT_IN_NAV))
    made = {
        "Book": [{f"{path.stem[:2]} {_title(pages[uri])}": uri} for path, uri in chapters.items()],
        "API": [uri if uri == "api/index.md" else {f"mg.{Path(uri).stem}": uri} for uri in reference],
    }
    for section in config.nav:
        section.update({title: made[title] for title in section if title in made})
    return files


def on_page_markdown(text, page, config, files):
    """Let the links of pages in `docs/` lead to pages of the site; in the repository they lead to its files."""
    return text if page.file.generated_by else relinked(text, f"docs/{page.file.src_uri}")


def on_page_content(text, page, config, files):
    """Put the stored outputs of a notebook into its page, and write formulas as MathML, which needs no script."""
    return book.finished(text, page.file, files)


def chapters_of_the_book():
    """The notebooks in order, and their pages."""
    return {path: f"book/{path.stem}.md" for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}


def _title(text):
    return text.partition("\n")[0].removeprefix("# ")


def relinked(text, path):
    """The Markdown of a file of the repository, with its links leading to pages of the site."""

    def target(match):
        link, hash, anchor = match[1].partition("#")
        if link:
            link = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
            link = re.sub(r"^notebooks/(\w+)\.ipynb$", r"book/\1.md", link)
            link = MOVED.get(link, link).removeprefix("docs/")
        return f"]({link}{hash}{anchor})"

    return re.sub(r"\]\(([^):]+)\)", target, text)


def conformance_apart(text):
    """The section on conformance as a page, and the benchmarks without it."""
    start = text.index(f"## {CONFORMANCE}")
    end = text.index("\n## ", start) + 1
    return _CONFORMANCE + text[start:end].partition("\n")[2], text[:start] + text[end:]


def gallery():
    """All figures with their description, the notebook that draws each, the sources of their data and their license."""
    lines = [_GALLERY]
    for notebook, uri in chapters_of_the_book().items():
        names = re.findall(r'figures\.save\(\s*\w+,\s*"(\w+)"', book.code(notebook))
        if names:
            lines += ["", f"## {notebook.stem[:2]} {_title(book.page(notebook))}"]
        for name in names:
            record = json.loads((ROOT / "figures" / f"{name}.json").read_text("utf-8"))
            alt, sources = escaped(record["alt"]), "; ".join(map(escaped, record["sources"]))
            share_alike = any("CC BY-SA 4.0" in source for source in record["sources"])
            files = sorted((ROOT / "figures").glob(f"{name}.*"))
            lines += ["", f"### {name}", "", f"![{alt}](figures/{name}.png){{ loading=lazy }}", "", alt, ""]
            lines.append(f"From [{notebook.stem}]({uri}). {f'Sources: {sources}. ' if sources else ''}")
            lines.append(f"License: {'CC BY-SA 4.0' if share_alike else 'MIT'}. Files:")
            lines.append(", ".join(f"[{path.suffix[1:]}](figures/{path.name})" for path in files) + ".")
    return "\n".join(lines)


def metric_cards():
    """What each metric says of itself, by families, as `mg.metrics.describe` prints it."""
    lines = [_CARDS]
    for family in mg.metrics.FAMILIES:
        lines += ["", f"## {family.capitalize()}"]
        for name in mg.metrics.names(family):
            first, *facts = str(mg.metrics.get(name)).splitlines()
            path = docstrings.TARGETS[f"mg.metrics.{name}"]
            called = f"{escaped(first.partition(': ')[2])}: [`mg.metrics.{name}`][{path}]."
            lines += ["", f"### {name}", "", called]
            for fact in re.split(r"\n  (?! )", "\n" + "\n".join(facts))[1:]:
                label, _, told = fact.partition(":")
                lines += ["", f"**{label}**", f":   {escaped(_unwrapped(told))}"]
    return "\n".join(lines)


def _unwrapped(text):
    """Lines of a card as one; a word that was broken at its hyphen is whole again."""
    return " ".join(re.sub(r"(?<=\w-)\n\s+", "", text).split())


def escaped(text):
    """Plain text as Markdown that shows it: formulas and names are not markup."""
    return re.sub(r"[\\`*_{}\[\]<>#|$&]", lambda found: f"&#{ord(found[0])};", text)


def api():
    """A page for each public name of `mg`, and one that lists them."""
    docstrings.TARGETS["memgen_lite.shared.kinds"] = KINDS
    contents = {name: members(name, getattr(mg, name)) for name in mg.__all__ if name != "__version__"}
    for paths in contents.values():
        for shown, path in paths.items():
            docstrings.TARGETS[shown] = path
            docstrings.TARGETS.setdefault(shown.rpartition(".")[2], path)
    pages, seen = {"api/index.md": ""}, set()
    lines = ["# API", "", docstrings.markdown(inspect.getdoc(mg)), "", "| name | what it is |", "| --- | --- |"]
    for name, paths in contents.items():
        thing = getattr(mg, name)
        summary = docstrings.markdown(inspect.getdoc(thing).partition("\n")[0])
        lines.append(f"| [`mg.{name}`]({name}.md) | {summary} |")
        module = inspect.ismodule(thing)
        text = [f"# mg.{name}", "", docstrings.markdown(inspect.getdoc(thing)), ""] if module else []
        for shown, path in paths.items():
            if path in seen:
                text += [f"## {shown}", "", f"The same as [`{path}`][{path}].", ""]
                continue
            seen.add(path)
            value = getattr(thing, shown.rpartition(".")[2], None) if module else thing
            if not callable(value):
                text += [f"## {shown} {{ #{path} }}", "", "```python", *_constant(shown, value), "```", ""]
                continue
            level = 1 if shown == f"mg.{name}" else 2
            options = {"heading": shown, "toc_label": shown.rpartition(".")[2], "heading_level": level}
            text += [f"::: {path}", "    options:", *(f"      {key}: {value}" for key, value in options.items()), ""]
        pages[f"api/{name}.md"] = "\n".join(text)
    return pages | {"api/index.md": "\n".join(lines)}


def _constant(name, value):
    """What a constant is, as lines of Python, the first dozen of them."""
    lines = (
        f"{name.rpartition('.')[2]} = {pprint.pformat(value, width=85, compact=True, sort_dicts=False)}".splitlines()
    )
    return lines if len(lines) <= 12 else [*lines[:12], "..."]


def members(name, thing):
    """What the page of a public name documents: how a reader calls each thing, and the path of its source."""
    if not inspect.ismodule(thing):
        found = {f"mg.{name}": thing}
        if name == "evaluate":  # what it returns has no name of its own in `mg`
            found["Evaluation"] = inspect.getmodule(thing).Evaluation
        return {shown: f"{one.__module__}.{one.__qualname__}" for shown, one in found.items()}
    names = getattr(thing, "__all__", None) or [key for key in defined(thing) if not key.startswith("_")]
    found = {key: getattr(thing, key) for key in names}
    return {
        f"mg.{name}.{key}": f"{one.__module__}.{one.__qualname__}" if callable(one) else f"{thing.__name__}.{key}"
        for key, one in found.items()
    }


def defined(module):
    """The names that a module's own source defines, in its order."""
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name))
