"""What a process that evaluates strangers' queries may not do, enforced by the kernel.

A filter of system calls (seccomp) refuses sockets, new programs, and any opening of a file that could change it;
files cannot grow; there are no core dumps. The query language has no way to ask for any of this, except SERVICE, which
the door refuses before: these are the second lock. Time and memory are limited for each query.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
from typing import Final

_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_PDEATHSIG: Final = 1
_FILTER_MODE: Final = 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # EPERM
_LOAD, _EQUAL, _SET, _RETURN = 0x20, 0x15, 0x45, 0x06
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_ARCHITECTURES: Final[dict[str, tuple[int, dict[str, int]]]] = {
    "x86_64": (
        0xC000003E,
        {"socket": 41, "socketpair": 53, "connect": 42, "bind": 49, "execve": 59, "execveat": 322, "ptrace": 101,
         "open": 2, "openat": 257, "openat2": 437, "creat": 85, "unlink": 87, "unlinkat": 263, "rename": 82,
         "renameat": 264, "renameat2": 316, "truncate": 76, "io_uring_setup": 425},
    ),
    "aarch64": (
        0xC00000B7,
        {"socket": 198, "socketpair": 199, "connect": 203, "bind": 200, "execve": 221, "execveat": 281, "ptrace": 117,
         "openat": 56, "openat2": 437, "unlinkat": 35, "renameat": 38, "renameat2": 276, "truncate": 45,
         "io_uring_setup": 425},
    ),
}  # fmt: skip
"""By machine: the architecture's number for the kernel, and the system calls that are looked at."""
_FLAGS_AT: Final = {"open": 1, "openat": 2}
"""Where the flags stand among the arguments of the calls that open files."""


def confine() -> bool:
    """Give up what no query needs, for ever; whether the kernel and the machine could be asked for the filter."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    found = _ARCHITECTURES.get(platform.machine())
    if found is None or libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return _install(libc, _program(*found))


def _program(architecture: int, calls: dict[str, int]) -> bytes:
    """The filter in BPF: another architecture is refused, then call by call, else allowed.

    The number of the call stands at offset 0 of what the filter sees, the architecture at 4, arguments from 16.
    """
    lines = [_line(_LOAD, 4), _line(_EQUAL, architecture, 1, 0), _line(_RETURN, _REFUSE), _line(_LOAD, 0)]
    for name, number in calls.items():
        if name in _FLAGS_AT:
            lines += [_line(_EQUAL, number, 0, 4), _line(_LOAD, 16 + 8 * _FLAGS_AT[name])]
            lines += [_line(_SET, _WRITES, 0, 1), _line(_RETURN, _REFUSE), _line(_RETURN, _ALLOW)]
        else:
            lines += [_line(_EQUAL, number, 0, 1), _line(_RETURN, _REFUSE)]
    return b"".join([*lines, _line(_RETURN, _ALLOW)])


def _line(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)


def _install(libc: ctypes.CDLL, program: bytes) -> bool:
    lines = ctypes.create_string_buffer(program, len(program))
    head = ctypes.create_string_buffer(struct.pack("HP", len(program) // 8, ctypes.addressof(lines)))
    return bool(libc.prctl(_PR_SET_SECCOMP, _FILTER_MODE, head, 0, 0) == 0)
