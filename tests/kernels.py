"""Pages as processes, when other kernels start at the same time."""

import subprocess

TAKEN = "Address already in use"  # of ZeroMQ, when a kernel binds


def run(command, attempts=4, **settings):
    """`subprocess.run`, again where a command fails as another program took the port of a kernel that it starts.

    jupyter_client chooses free ports and closes them before the kernel opens them a second later, so two programs may
    have chosen the same one, and the kernel runs nothing. Every other failure is returned as it is.
    """
    settings = {"capture_output": True, "text": True, "encoding": "utf-8", "timeout": 600, "check": False} | settings
    for _ in range(attempts):
        ended = subprocess.run(command, **settings)
        said = f"{ended.stdout}{ended.stderr}"
        if not (ended.returncode and TAKEN in said and "Kernel died before replying" in said):
            break
    return ended
