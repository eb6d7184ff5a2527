"""Where a Chromium is on this machine, and how to get one."""

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SKIPPED = (
    "The browser tests are skipped, there is no Chromium here; get one with `.venv/bin/playwright install chromium` "
    "or, on Debian and Ubuntu, `sudo apt install chromium`."
)


def find():
    """The path of a Chromium: the one on PATH, else Playwright's own; None where there is none."""
    if found := next(filter(None, map(shutil.which, NAMES)), None):
        return found
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() and os.access(own, os.X_OK) else None
