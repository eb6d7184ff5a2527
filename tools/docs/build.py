"""Build the documentation into build/docs, or into a folder that is named. It fails on any warning of MkDocs, and
where something asks the network for anything."""

import logging
import os
import socket
import sys
from pathlib import Path

os.environ["NO_MKDOCS_2_WARNING"] = "1"  # an announcement of the theme's, at each start
import mkdocs.commands.build
import mkdocs.config

ROOT = Path(__file__).resolve().parents[2]


def refuse(*address, **_):
    raise OSError(f"the documentation is built without the network; something asked for {address}")


def main():
    socket.getaddrinfo = socket.create_connection = socket.socket.connect = refuse
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)
    folder = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "build" / "docs"
    settings = mkdocs.config.load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder.absolute()))
    settings.plugins.on_startup(command="build", dirty=False)
    try:
        mkdocs.commands.build.build(settings)
    except mkdocs.exceptions.Abort as error:
        sys.exit(str(error))
    finally:
        settings.plugins.on_shutdown()
    print(f"Open {folder / 'index.html'}")


if __name__ == "__main__":
    main()
