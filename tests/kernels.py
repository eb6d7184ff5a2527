"""Pages as processes, when other kernels start at the same time."""

import subprocess

TAKEN = "Address already in use"  # of ZeroMQ, when a kernel binds


def run(command, attempts=4, **settings):
    """`subprocess.run` of a command that starts one kernel, again where another program took that kernel's port.

    jupyter_client chooses free ports and closes them before the kernel opens them a second later, so two programs may
    have chosen the same one. The kernel has run nothing then; every other failure is returned as it is.
    """
    settings = {"capture_output": True, "text": True, "encoding": "utf-8", "timeout": 600, "check": False} | settings
    for _ in range(attempts):
        ended = subprocess.run(command, **settings)
        said = f"{ended.stdout}{ended.stderr}"
        if not (ended.returncode and TAKEN in said and "Kernel died before replying" in said):
            break
    return ended
