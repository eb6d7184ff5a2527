"""The site that `make docs` builds, in a browser: nothing is asked of another server, and everybody can read it."""

import functools
import http.server
import subprocess
import sys
import threading

import browsing
import pytest
from axe_playwright_python.sync_playwright import Axe

# The theme puts each button that copies code into a `nav` without a name.
EXCEPT = {"rules": {"landmark-unique": {"enabled": False}}}
PAGES = ("index", "api/MemGEN", "gallery", "metrics", "book/01_algorithm", "your_data")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs") / "site"
    subprocess.run([sys.executable, browsing.ROOT / "tools" / "docs" / "build.py", folder], check=True, timeout=600)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture
def page(request, browser, site):
    """A page as a reader has it who likes it light or dark, on a telephone or a desk."""
    context = browser.new_context(viewport={"width": request.param[1], "height": 900}, color_scheme=request.param[0])
    page, told = context.new_page(), []
    page.on("request", lambda asked: told.append(asked.url) if not asked.url.startswith((site, "data:")) else None)
    page.on("console", lambda line: told.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("requestfailed", lambda asked: told.append(asked.url))
    yield page
    assert not told
    context.close()


@pytest.mark.parametrize("page", [("light", 1280), ("dark", 400)], indirect=True, ids=["light", "dark"])
def test_pages_ask_nobody_else_fit_the_window_and_can_be_read_by_everybody(page, site, screenshots):
    scheme = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'")
    for name in PAGES:
        page.goto(f"{site}{name}.html", wait_until="networkidle")
        page.screenshot(path=screenshots / f"docs_{name.replace('/', '_')}_{scheme}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        found = Axe().run(page, context="article", options=EXCEPT)
        assert found.violations_count == 0, (name, found.generate_report())


@pytest.mark.parametrize("page", [("light", 1280)], indirect=True, ids=["light"])
def test_the_search_finds_a_metric(page, site):
    page.goto(f"{site}index.html")
    page.get_by_role("textbox", name="Search").fill("authenticity")
    page.locator(".md-search-result__link").first.wait_for()
    links = page.locator(".md-search-result__link").evaluate_all("links => links.map(link => link.pathname)")
    assert {"/metrics.html", "/api/metrics.html"} & {*links}
