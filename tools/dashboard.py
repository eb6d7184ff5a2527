"""Serve every notebook as a page without its code, for a class (Voilà); each visitor has a kernel of their own."""

import argparse
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import environment

ROOT = Path(__file__).resolve().parent.parent


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8866)
    port = parser.parse_args().port
    environment.apply()
    os.environ["JUPYTER_PATH"] = str(ROOT / "tools")  # the template `memgen` is there: nothing is asked of a CDN
    print(f"Open http://localhost:{port}/voila/render/00_start_here.ipynb (end with Ctrl-C)", flush=True)
    os.environ["MEMGEN_FIGURES"] = os.devnull  # visitors look at figures, and do not write them
    with suppress(KeyboardInterrupt):
        options = ["--template=memgen", f"--port={port}", "--no-browser", "--Voila.log_level=WARN"]
        sys.exit(subprocess.run([sys.executable, "-m", "voila", ROOT / "notebooks", *options]).returncode)


if __name__ == "__main__":
    main()
