"""Run the command given; print its status, its seconds and its peak of memory in bytes.

Run as a file of its own, by a fresh interpreter: a process begins with the peak of whoever started
it, and this one is small.
"""

import os
import sys
import time

_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss


def _main(command: list[str]) -> None:
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    print(os.waitstatus_to_exitcode(status), seconds, usage.ru_maxrss * _UNIT)


if __name__ == "__main__":
    _main(sys.argv[1:])
