"""Plain `pytest --nbval notebooks` runs as `make test` does: same settings, same comparison, nothing written."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tools"))
import environment  # noqa: E402 - before NumPy, whose threads it counts

environment.apply()
os.environ.setdefault("TQDM_DISABLE", "1")  # as the stored pages were made


def pytest_configure(config):
    """Pictures are compared elsewhere, and the kernel is of the environment that pytest is in."""
    if config.getoption("nbval", False):
        config.option.nbval_current_env = True
        config.option.nbval_sanitize_with = config.option.nbval_sanitize_with or str(ROOT / "tests" / "nbval.cfg")
