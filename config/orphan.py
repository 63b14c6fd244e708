"""Run a command that ends when its parent does, even if the parent was killed: `orphan.py SIGNAL PARENT_PID COMMAND …`.

Started as a file in a bare interpreter, it costs some 20 ms and replaces itself with the command. Linux only.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def end_with_parent(signal_number: int, parent_pid: int) -> None:
    """Ask the kernel to send `signal_number` here when the parent is gone, which it may be already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent_pid:
        sys.exit("the parent process is gone")


if __name__ == "__main__":
    end_with_parent(signal.Signals[sys.argv[1]], int(sys.argv[2]))
    os.execvp(sys.argv[3], sys.argv[3:])
