"""Ctrl-C at a chosen line of the package."""

import contextlib
import sys


def interrupt_at(step, call):
    """Run `call` with a KeyboardInterrupt at its step-th line in the package; False if it has fewer lines.

    Where the package itself ends the interrupt, `call` returns as ever.
    """
    seen = 0

    def trace(frame, event, _):
        nonlocal seen
        if "memgen_lite" not in frame.f_code.co_filename:
            return None
        if event == "line":
            seen += 1
            if seen == step:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            call()
    finally:
        sys.settrace(before)
    return seen >= step
