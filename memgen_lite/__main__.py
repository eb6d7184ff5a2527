"""`python -m memgen_lite` is the command `memgen-lite`."""

import sys

from .display.command import main

sys.exit(main())
