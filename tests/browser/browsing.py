"""Servers on a copy of the notebooks, and tabs of a browser that look at them."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run"]
ARGUMENTS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},  # cells out of sight are drawn too
}
EXPLORER = ".widget-vbox:has(> .widget-html [aria-live]):has(> .widget-html:last-child img)"
# Milliseconds until a state that does not come is an error; nothing waits so long when all is well.
PATIENCE = 300_000

READY = """name => {
    const panel = window.jupyterapp?.shell?.currentWidget, session = panel?.sessionContext;
    const open = panel?.context?.isReady && panel.context.path === name;
    return Boolean(open && session?.isReady && session.session?.kernel?.status === 'idle');
}"""
DONE = """() => {
    const panel = window.jupyterapp.shell.currentWidget;
    const cells = panel.content.widgets.map(cell => cell.model).filter(model => model.type === 'code');
    const failed = cells.some(model => model.outputs.toJSON().some(output => output.output_type === 'error'));
    const ran = cells.every(model => model.executionCount && model.executionState !== 'running');
    // When the command itself ends it takes the focus to the last cell: a key pressed before that would be lost.
    return failed || (window.ranAll && ran && panel.sessionContext.session.kernel.status === 'idle');
}"""
RUN_ALL = """() => {
    const end = () => { window.ranAll = true; };
    window.ranAll = false;
    window.jupyterapp.commands.execute('notebook:run-all-cells').then(end, end);
}"""
OPEN = "async path => { await window.jupyterapp.commands.execute('docmanager:open', {path}); }"
# Two splash screens within the fifth of a second in which one fades are taken off the page twice, which is an error of
# JupyterLab's; each change of the theme shows one.
CALM = "() => document.getElementById('jupyterlab-splash') === null"
LEAVE = """async () => {
    const panel = window.jupyterapp.shell.currentWidget;
    await panel.sessionContext.shutdown();
    panel.dispose();
}"""
CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets.filter(cell => cell.model.type === 'code')
    .map(cell => ({count: cell.model.executionCount, outputs: cell.model.outputs.toJSON()}))"""


def fresh_copy(folder):
    """Copy the notebooks into `folder`, without outputs, so that all that is seen is new.

    Those that can be quick are: what is looked at here is the same, and the strict run compares what is computed.
    """
    notebooks = folder / "notebooks"
    notebooks.mkdir(parents=True)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        content = json.loads(path.read_text("utf-8"))
        for cell in content["cells"]:
            if cell["cell_type"] == "code":
                cell |= {"outputs": [], "execution_count": None}
        text = json.dumps(content).replace('"quick = False', '"quick = True', 1)
        (notebooks / path.name).write_text(text, "utf-8")
    return notebooks


def free_port():
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server on this machine, from its start until it answers, to its end."""

    def __init__(self, command, port, log, environment=None, token="", alive=""):
        self.port, self.token, self.log = port, token, log
        with log.open("w") as file:
            own = {"stdout": file, "stderr": subprocess.STDOUT, "start_new_session": True}
            self.process = subprocess.Popen(command, env=environment, **own)
        self._await_answer(alive)

    def _await_answer(self, path, tries=1800):
        for _ in range(tries):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=0.1)
                break
            with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                urllib.request.urlopen(self.address(path), timeout=5).close()
                return
        self.stop()
        raise RuntimeError(f"the server did not answer; its log:\n{self.log.read_text()}")

    def address(self, path, *flags):
        """The address of a path on this server, with the token."""
        query = [*flags, f"token={self.token}"] if self.token else flags
        return f"http://127.0.0.1:{self.port}/{quote(path)}?{'&'.join(query)}"

    def stop(self):
        """End the server and what started it; it ends its kernels."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM) if os.name == "posix" else self.process.terminate()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Lab(Server):
    """JupyterLab with settings of its own in `folder`, on the notebooks in `root`; Voilà is under `voila/render/`."""

    def __init__(self, root, folder):
        self.root = root
        places = {f"JUPYTER_{kind}_DIR": folder / kind.lower() for kind in ("CONFIG", "DATA", "RUNTIME")}
        places |= {f"JUPYTERLAB_{kind}_DIR": folder / kind.lower() for kind in ("SETTINGS", "WORKSPACES")}
        overrides = places["JUPYTER_CONFIG_DIR"] / "labconfig" / "default_setting_overrides.json"
        overrides.parent.mkdir(parents=True)
        overrides.write_text(json.dumps(SETTINGS))
        environment = {**os.environ, **{name: str(place) for name, place in places.items()}}
        environment |= {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}  # most of a quick run is compiling
        environment |= {"MEMGEN_FIGURES": os.devnull, "JUPYTER_PATH": str(ROOT / "tools")}  # Voilà's template is there
        port, token = free_port(), secrets.token_hex(16)
        options = {
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": port,
            "ServerApp.port_retries": 0,
            "ServerApp.open_browser": False,
            "ServerApp.allow_root": True,
            "ServerApp.root_dir": root,
            "IdentityProvider.token": token,
            "LabApp.expose_app_in_browser": True,
            "LabApp.news_url": "",
            "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        }
        command = [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]
        super().__init__(command, port, folder / "server.log", environment, token, alive="api/status")


class Tab:
    """A page of the browser, and what went wrong in it: console errors, requests that failed or left the machine."""

    def __init__(self, browser, server):
        self.server = server
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.errors, self.left, self.failed = [], [], []
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._request)
        self.page.on("response", lambda answer: answer.status >= 400 and self.failed.append(answer.url))

    def _request(self, request):
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname != "127.0.0.1":
            self.left.append(request.url)

    def open(self, name):
        """Open a notebook of the server's folder in JupyterLab, which is loaded once, and wait for its kernel."""
        if "/lab/" not in self.page.url:
            self.page.goto(self.server.address(f"lab/workspaces/{secrets.token_hex(4)}/tree/{name}", "reset"))
        else:
            self.page.evaluate(OPEN, name)
        self.page.wait_for_function(READY, arg=name)
        self.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        self.show("Light", 1280)
        return self

    def leave(self):
        """End the open notebook's kernel and take the notebook off the page; what went wrong so far is forgotten."""
        self.page.evaluate(LEAVE)
        for wrong in (self.errors, self.left, self.failed):
            wrong.clear()

    def serve(self, name, widgets, theme="light"):
        """Open a notebook of the server's folder in Voilà and wait until so many widgets are drawn."""
        self.page.goto(self.server.address(f"voila/render/{name}", "template=memgen", f"theme={theme}"))
        self.page.wait_for_function("n => document.querySelectorAll('.jupyter-widgets').length >= n", arg=widgets)
        return self

    def start(self):
        """Run all cells; returns at once."""
        self.page.evaluate(RUN_ALL)
        return self

    def finish(self):
        """Wait until all cells ran, or one failed; return each code cell's execution count and outputs."""
        self.page.wait_for_function(DONE, polling=100)
        return self.page.evaluate(CELLS)

    def show(self, theme, width):
        """Change to the "Light" or "Dark" theme and to a width in pixels."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.wait_for_function(CALM)
        self.page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme: `JupyterLab ${theme}`})",
            theme,
        )
        light = str(theme == "Light").lower()
        self.page.wait_for_function("light => document.body.dataset.jpThemeLight === light", arg=light)
        self.page.wait_for_function(CALM)

    def photograph(self, path):
        """Keep a picture of the whole notebook, not of the window alone."""
        size = self.page.viewport_size
        end = "() => document.querySelector('.jp-Notebook-cell:last-child').getBoundingClientRect().bottom"
        self.page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').scrollTo(0, 0)")
        height = self.page.evaluate(end)
        self.page.set_viewport_size({**size, "height": min(round(height) + 80, 16_000)})
        self.page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').scrollTo(0, 0)")
        self.page.screenshot(path=path)
        self.page.set_viewport_size(size)

    def close(self):
        """End the notebook's kernel, and the page."""
        self.page.evaluate("() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.shutdown()")
        voila = "() => JSON.parse(document.getElementById('jupyter-config-data')?.textContent ?? '{}').kernelId"
        if kernel := self.page.evaluate(voila):
            allowed = {"Authorization": f"token {self.server.token}"}
            self.context.request.delete(self.server.address(f"api/kernels/{kernel}"), headers=allowed)
        self.context.close()
