"""Open JupyterLab on the page that leads through the notebooks."""

import argparse
import os
import secrets
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import environment

ROOT = Path(__file__).resolve().parent.parent
PAGE = "/lab/tree/00_start_here.ipynb"


def free(port, ip):
    """Whether nothing listens at a port yet."""
    with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET) as one:
        if os.name != "nt":  # there it would have a port that another program has
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((ip, port))
        except OSError:
            return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, epilog="What else is given goes to JupyterLab.")
    parser.add_argument("--port", type=int, help="by default 8888, or the next that is free")
    parser.add_argument(
        "--ip", default="127.0.0.1", help="0.0.0.0 lets in whoever reaches this machine and has the token"
    )
    parser.add_argument("--folder", type=Path, default=ROOT / "notebooks", help="of the pages; notebooks by default")
    given, rest = parser.parse_known_args()
    port = given.port or next((port for port in range(8888, 8988) if free(port, given.ip)), 8888)
    if not 0 < port < 65536:
        parser.error(f"--port must be from 1 to 65535, got {port}")
    if not free(port, given.ip):
        sys.exit(f"Port {port} of {given.ip} can't be had; another one: make lab PORT={port % 65535 + 1}")
    environment.apply()
    token = os.environ.setdefault("JUPYTER_TOKEN", secrets.token_hex(16))
    options = [
        f"--ServerApp.root_dir={given.folder.resolve()}",
        f"--LabApp.default_url={PAGE}",
        "--ServerApp.log_level=WARN",
    ]
    options += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.ip={given.ip}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        print("You are root, as in a container: the notebooks' code may do anything here, and no browser is opened.")
        options += ["--allow-root", "--no-browser"]
    where = "localhost" if given.ip in ("0.0.0.0", "127.0.0.1", "::", "::1") else given.ip
    print(f"Open http://{where}:{port}{PAGE}?token={token} (end with Ctrl-C)", flush=True)
    with suppress(KeyboardInterrupt):
        sys.exit(subprocess.run([sys.executable, "-m", "jupyterlab", *options, *rest]).returncode)


if __name__ == "__main__":
    main()
