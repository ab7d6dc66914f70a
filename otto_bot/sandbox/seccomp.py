"""The second wall: a seccomp filter, written here as a BPF program, that refuses calls no build or test needs.

Namespaces and dropped capabilities already refuse most of what is listed. A kernel has weaknesses now and then in just
these calls, and a few of them no namespace bounds: virtual sockets reach the host of a virtual machine whatever the
network namespace is, `TIOCSTI` types into a terminal, a set-user-id bit outlives the cage on the file that got it.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

_LOAD, _EQUALS, _AT_LEAST, _ABOVE, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x25, 0x45, 0x06
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Where `struct seccomp_data` has them; an argument is 8 bytes, the lower half first on both architectures."""

_NEW_NAMESPACES = 0x7E020080  # CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET | NEWTIME
_NEW_BY_CLONE = 0x7E020000  # the lowest byte of clone's flags is a signal, not CLONE_NEWTIME
_SET_ID_BITS = 0o6000
_TYPES_INTO_TERMINALS = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
_FAMILIES = (1, 2, 10, 16)  # unix, inet, inet6, netlink: what the cage's own namespace bounds
SHARED_SEGMENT = 1024 * 1024
"""The largest System V segment where nothing counts such memory; there can be 4096 of them."""

Number = Mapping[str, int]


@dataclass(frozen=True)
class _Architecture:
    audit: int
    numbers: Number
    highest: int | None = None
    """Numbers from here on belong to another call table of the same architecture."""


# From asm/unistd_64.h and asm-generic/unistd.h; a test compares them where these files are.
_COMMON: Number = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "clone3": 435, "openat2": 437, "mount_setattr": 442,
    "quotactl_fd": 443, "memfd_secret": 447, "fchmodat2": 452,
}  # fmt: skip
ARCHITECTURES: Mapping[str, _Architecture] = {
    "x86_64": _Architecture(
        0xC000003E,
        {
            **_COMMON, "open": 2, "ioctl": 16, "shmget": 29, "socket": 41, "socketpair": 53, "clone": 56, "creat": 85,
            "chmod": 90, "fchmod": 91, "syslog": 103, "mknod": 133, "vhangup": 153, "modify_ldt": 154,
            "pivot_root": 155, "adjtimex": 159, "chroot": 161, "acct": 163, "settimeofday": 164, "mount": 165,
            "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169, "sethostname": 170, "setdomainname": 171,
            "iopl": 172, "ioperm": 173, "init_module": 175, "delete_module": 176, "quotactl": 179, "nfsservctl": 180,
            "lookup_dcookie": 212, "clock_settime": 227, "kexec_load": 246, "add_key": 248, "request_key": 249,
            "keyctl": 250, "openat": 257, "mknodat": 259, "fchmodat": 268, "unshare": 272, "perf_event_open": 298,
            "fanotify_init": 300, "open_by_handle_at": 304, "clock_adjtime": 305, "setns": 308, "kcmp": 312,
            "finit_module": 313, "memfd_create": 319, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
        },
        0x40000000,
    ),
    "aarch64": _Architecture(
        0xC00000B7,
        {
            **_COMMON, "lookup_dcookie": 18, "ioctl": 29, "mknodat": 33, "umount2": 39, "mount": 40, "pivot_root": 41,
            "nfsservctl": 42, "chroot": 51, "fchmod": 52, "fchmodat": 53, "openat": 56, "vhangup": 58, "quotactl": 60,
            "acct": 89, "unshare": 97, "kexec_load": 104, "init_module": 105, "delete_module": 106,
            "clock_settime": 112, "syslog": 116, "reboot": 142, "sethostname": 161, "setdomainname": 162,
            "settimeofday": 170, "adjtimex": 171, "shmget": 194, "socket": 198, "socketpair": 199, "add_key": 217,
            "request_key": 218, "keyctl": 219, "clone": 220, "swapon": 224, "swapoff": 225, "perf_event_open": 241,
            "fanotify_init": 262, "open_by_handle_at": 265, "clock_adjtime": 266, "setns": 268, "kcmp": 272,
            "finit_module": 273, "memfd_create": 279, "bpf": 280, "userfaultfd": 282, "kexec_file_load": 294,
        },
    ),
}  # fmt: skip

_NEVER = frozenset(
    (
        "acct", "add_key", "adjtimex", "bpf", "chroot", "clock_adjtime", "clock_settime", "delete_module",
        "fanotify_init", "finit_module", "fsconfig", "fsmount", "fsopen", "fspick", "init_module", "ioperm", "iopl",
        "kcmp", "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "memfd_secret", "modify_ldt", "mount",
        "mount_setattr", "move_mount", "nfsservctl", "open_by_handle_at", "open_tree", "perf_event_open",
        "pivot_root", "quotactl", "quotactl_fd", "reboot", "request_key", "setdomainname", "sethostname", "setns",
        "settimeofday", "swapoff", "swapon", "syslog", "umount2", "userfaultfd", "vhangup",
    )
)  # fmt: skip
# Programs know what to do without these; their arguments lie where a filter cannot look.
_UNKNOWN = frozenset({"clone3", "io_uring_enter", "io_uring_register", "io_uring_setup", "openat2"})
_MODE_AT = {
    "chmod": 1, "fchmod": 1, "fchmodat": 2, "fchmodat2": 2, "creat": 1, "open": 2, "openat": 3, "mknod": 1,
    "mknodat": 2,
}  # fmt: skip
_OPENS = {"open": 1, "openat": 2}
_CREATES = 0x40 | 0x400000  # O_CREAT, and what O_TMPFILE is more than O_DIRECTORY: else the mode means nothing


def machine() -> str | None:
    """This machine's architecture where a filter can be written for it."""
    name = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine())
    return name if name in ARCHITECTURES and struct.calcsize("P") == 8 else None


def program(architecture: str, *, memory_counted: bool) -> bytes:
    """The filter as `bwrap --seccomp` reads it. KeyError for an architecture without a table.

    Where no control group counts memory, what shows in no process's resident set is refused: memory files, and shared
    segments above SHARED_SEGMENT.
    """
    known = ARCHITECTURES[architecture]
    number = known.numbers
    code = [_load(_ARCHITECTURE), *_unless(_EQUALS, known.audit, _KILL), _load(_NUMBER)]
    if known.highest is not None:
        code += _when(_AT_LEAST, known.highest, _refuse(errno.ENOSYS))
    code += _whole(number, _NEVER, errno.EPERM)
    code += _whole(number, _UNKNOWN, errno.ENOSYS)
    code += _argument(number["clone"], 0, _when(_ANY_BIT, _NEW_BY_CLONE, _refuse(errno.EPERM)))
    code += _argument(number["unshare"], 0, _when(_ANY_BIT, _NEW_NAMESPACES, _refuse(errno.EPERM)))
    for request in _TYPES_INTO_TERMINALS:
        code += _argument(number["ioctl"], 1, _when(_EQUALS, request, _refuse(errno.EPERM)))
    for name in ("socket", "socketpair"):
        code += _argument(number[name], 0, _none_of(_FAMILIES, _refuse(errno.EAFNOSUPPORT)))
    for name, at in _MODE_AT.items():
        if name in number:
            code += _argument(number[name], at, _mode(name))
    if not memory_counted:
        code += _whole(number, {"memfd_create"}, errno.ENOSYS)
        code += _argument(number["shmget"], 1, _large_segment())
    return b"".join([*code, _one(_RETURN, _ALLOW)])


def _mode(name: str) -> list[bytes]:
    refuse = _when(_ANY_BIT, _SET_ID_BITS, _refuse(errno.EPERM))
    if name not in _OPENS:
        return refuse
    # Without O_CREAT the register of the mode holds anything.
    created = [_load(_ARGUMENTS + 8 * _OPENS[name]), _one(_ANY_BIT, _CREATES, 0, 3)]
    return [*created, _load(_ARGUMENTS + 8 * _MODE_AT[name]), *refuse]


def _large_segment() -> list[bytes]:
    high = [_load(_ARGUMENTS + 8 + 4), *_unless(_EQUALS, 0, _refuse(errno.ENOMEM))]
    return [*_when(_ABOVE, SHARED_SEGMENT, _refuse(errno.ENOMEM)), *high]


def _whole(number: Number, names: Iterable[str], error: int) -> list[bytes]:
    """Refuse these calls whatever their arguments are. The accumulator holds the call's number."""
    return [part for name in sorted(names) if name in number for part in _when(_EQUALS, number[name], _refuse(error))]


def _argument(number: int, at: int, then: list[bytes]) -> list[bytes]:
    """`then` with the lower half of argument `at` loaded, for this call alone; the number is loaded again after it."""
    body = [_load(_ARGUMENTS + 8 * at), *then]
    return [_one(_EQUALS, number, 0, len(body)), *body, _load(_NUMBER)]


def _none_of(values: Iterable[int], result: int) -> list[bytes]:
    listed = list(values)
    jumps = [_one(_EQUALS, value, len(listed) - at, 0) for at, value in enumerate(listed)]
    return [*jumps, _one(_RETURN, result)]


def _when(test: int, value: int, result: int) -> list[bytes]:
    return [_one(test, value, 0, 1), _one(_RETURN, result)]


def _unless(test: int, value: int, result: int) -> Iterator[bytes]:
    yield _one(test, value, 1, 0)
    yield _one(_RETURN, result)


def _refuse(error: int) -> int:
    return _REFUSE | error


def _load(offset: int) -> bytes:
    return _one(_LOAD, offset)


def _one(code: int, value: int, true: int = 0, false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, true, false, value)
