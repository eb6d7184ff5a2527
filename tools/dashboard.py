"""Serve every notebook as a page without its code, for a class (Voilà); each visitor has a kernel of their own."""

import argparse
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import environment

ROOT = Path(__file__).resolve().parent.parent
EACH_PAGE = [
    # What is done is shown while the rest is running: else a page is empty until its last cell.
    "--progressive_rendering=True",
    # Whoever leaves takes the kernel along. A page that is open is connected, and keeps its kernel however long it is
    # read; one that is left is not, and what Voilà itself sends to end its kernel is refused (its issue 1458).
    "--MappingKernelManager.cull_interval=5",
    "--MappingKernelManager.cull_idle_timeout=10",
    "--MappingKernelManager.cull_busy=True",
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8866)
    parser.add_argument("--folder", type=Path, default=ROOT / "notebooks", help="of the pages, these by default")
    asked = parser.parse_args()
    environment.apply()
    os.environ["JUPYTER_PATH"] = str(ROOT / "tools")  # the template `memgen` is there: nothing is asked of a CDN
    print(f"Open http://localhost:{asked.port}/voila/render/00_start_here.ipynb (end with Ctrl-C)", flush=True)
    os.environ["MEMGEN_FIGURES"] = os.devnull  # visitors look at figures, and do not write them
    with suppress(KeyboardInterrupt):
        options = ["--template=memgen", f"--port={asked.port}", "--no-browser", "--Voila.log_level=WARN", *EACH_PAGE]
        sys.exit(subprocess.run([sys.executable, "-m", "voila", asked.folder, *options]).returncode)


if __name__ == "__main__":
    main()
