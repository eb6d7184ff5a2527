"""The site is built strictly and without the network, has all that it should, and loads nothing from elsewhere."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

import memgen_lite as mg

ROOT = Path(__file__).resolve().parents[2]
LOADED = {  # attributes by which a page asks for something when it is opened; `link` does, but for these relations
    ("img", "src"), ("script", "src"), ("iframe", "src"), ("link", "href"), ("source", "srcset"), ("object", "data"),
    ("use", "href"), ("video", "src"), ("audio", "src"), ("embed", "src"),
}  # fmt: skip


class Page(HTMLParser):
    """What a page loads, links to, and can be linked to at."""

    def __init__(self, text):
        super().__init__()
        self.loaded, self.links, self.ids = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids |= {attributes[key] for key in ("id", "name") if attributes.get(key)}
        self.loaded += [value for key, value in attributes.items() if (tag, key) in LOADED]
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs") / "site"
    build = [sys.executable, ROOT / "tools" / "docs" / "build.py", folder]
    run = subprocess.run(build, capture_output=True, text=True, cwd=ROOT, timeout=600)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "WARNING" not in run.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site):
    return {path.relative_to(site).as_posix(): path.read_text("utf-8") for path in site.rglob("*.html")}


@pytest.fixture(scope="module")
def parsed(pages):
    return {name: Page(text) for name, text in pages.items()}


def test_every_public_name_has_a_page_with_all_that_it_says(pages):
    for name in mg.__all__:
        if name != "__version__":
            page = pages[f"api/{name}.html"]
            assert f"mg.{name}" in page
            assert f'href="{name}.html"' in pages["api/index.html"]
            for member in getattr(getattr(mg, name), "__all__", ()):
                assert f"mg.{name}.{member}" in page, f"mg.{name}.{member}"


def test_no_docstring_is_shown_raw(pages):
    for name, page in pages.items():
        if name.startswith("api/"):
            assert not re.findall(r":(?:class|func|meth|mod):|\n-----+|<p>&gt;&gt;&gt;", page), name


def test_a_metric_has_the_signature_that_it_is_called_with(pages):
    heading = pages["api/metrics.html"].partition('id="memgen_lite.metrics.copying.authenticity"')[2]
    signature = re.sub(r"<[^>]+>|\s", "", heading.partition("<pre>")[2].partition("</pre>")[0])
    assert signature.startswith("authenticity(train,held_out,generated,*,reference=")


def test_every_metric_has_its_card(pages):
    for name in mg.metrics.names():
        assert f'id="{name}"' in pages["metrics.html"]
        card = " ".join(mg.metrics.get(name).definition.split())
        assert card in " ".join(_text(pages["metrics.html"]).split()), name


def test_every_figure_is_in_the_gallery_with_its_words_its_sources_and_its_license(pages):
    shown = pages["gallery.html"].split("<h3 ")[1:]
    figures = sorted((ROOT / "figures").glob("*.json"))
    assert {re.match(r'id="(\w+)"', part)[1] for part in shown} == {path.stem for path in figures}
    for part in shown:
        name = re.match(r'id="(\w+)"', part)[1]
        record, words = json.loads((ROOT / "figures" / f"{name}.json").read_text("utf-8")), _text(part)
        assert record["alt"] in words
        assert all(source in words for source in record["sources"])
        share_alike = any("CC BY-SA" in source for source in record["sources"])
        assert f"License: {'CC BY-SA 4.0' if share_alike else 'MIT'}." in words


def test_the_book_shows_every_cell_and_every_stored_output(pages):
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        page = pages[f"book/{path.stem}.html"]
        words = "".join(_text(page).split())
        pictures = 0
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                assert "".join("".join(cell["source"]).split()) in words, (path.name, cell["source"])
                for output in cell["outputs"]:
                    found = "".join(output.get("data", {}).get("text/html", ""))
                    pictures += found.count("<img")
                    if not found:
                        told = "".join(output.get("text") or output["data"]["text/plain"])
                        assert "".join(told.split()) in words, (path.name, told)
        article = page.partition("<article")[2].partition("</article")[0]
        assert article.count("<img") == pictures
        assert not re.search(r"arithmatex|base64,|\\\(", article), path.name


def test_the_text_of_the_book_is_read_as_a_notebook_reads_it(pages):
    """Two readers of Markdown give the same words, and as many of each element: a list that is none would tell."""
    from nbconvert.filters import markdown2html

    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        prose = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        theirs, ours = markdown2html(prose), pages[f"book/{path.stem}.html"]
        ours = re.sub(r'<div class="output".*?<!-- end of output -->', "", ours, flags=re.DOTALL)
        ours = ours.partition("<article")[2].partition("</article")[0]
        ours, folded = re.subn('<details class="example">', "", ours)
        assert folded == sum(cell["metadata"].get("jupyter", {}).get("source_hidden", False) for cell in cells)
        for tag in ("<li>", "<em>", "<strong>", "<details", "<h2", "<h3", "<tr>", "<td"):
            assert ours.count(tag) == theirs.count(tag), (path.name, tag)


def test_nothing_is_loaded_from_elsewhere(site, parsed):
    for name, page in parsed.items():
        for address in page.loaded:
            assert not re.match(r"(\w+:)?//", address), (name, address)
    for sheet in site.rglob("*.css"):
        assert not re.findall(r"(?:url\(|@import)\s*[\"']?(?:\w+:)?//", sheet.read_text("utf-8")), sheet


def test_every_link_leads_to_a_page_and_a_place_in_it(site, parsed):
    broken = []
    for name, page in parsed.items():
        if name == "404.html":  # its links start at the root of a server
            continue
        for link in page.links + page.loaded:
            path, _, place = unquote(link).partition("#")
            if re.match(r"\w+:", path):
                continue
            target = (site / name).parent / path if path else site / name
            known = parsed.get(target.resolve().relative_to(site.resolve()).as_posix())
            if not target.is_file() or (place and known and place not in known.ids):
                broken.append((name, link))
    assert not broken


def _text(page):
    """What a reader sees of HTML."""
    found = []

    class Text(HTMLParser):
        def handle_data(self, data):
            found.append(data)

    Text().feed(page)
    return "".join(found)
