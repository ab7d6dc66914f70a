"""The filter: its numbers are those of the kernel's headers, and it ends where its jumps say."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from otto_bot.sandbox.cage import Cage
from otto_bot.sandbox.seccomp import ARCHITECTURES, program

HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    "aarch64": ("/usr/include/asm-generic/unistd.h",),
}
PROBE = Cage.probe()


@pytest.mark.parametrize("architecture", sorted(HEADERS))
def test_numbers_are_those_of_the_headers(architecture: str) -> None:
    header = next((Path(name) for name in HEADERS[architecture] if Path(name).exists()), None)
    if header is None:
        pytest.skip("platform: the kernel's headers are not installed (package linux-libc-dev)")
    found = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\s*$", header.read_text(), re.MULTILINE))
    known = ARCHITECTURES[architecture].numbers
    assert {name: number for name, number in known.items() if name in found} == {
        name: int(found[name]) for name in known if name in found
    }
    assert len(known.keys() - found.keys()) <= 3  # calls newer than the header


def ended(code: bytes, architecture: int, number: int, arguments: tuple[int, ...] = ()) -> int:
    """What the kernel's machine would return for a call; IndexError where a jump leaves the program."""
    data = struct.pack("<iIQ6Q", number, architecture, 0, *(arguments + (0,) * 6)[:6])
    steps = [struct.unpack_from("=HBBI", code, at) for at in range(0, len(code), 8)]
    at, value = 0, 0
    while True:
        kind, true, false, k = steps[at]
        if kind == 0x06:
            return k
        if kind == 0x20:
            value = struct.unpack_from("<I", data, k)[0]
            at += 1
            continue
        holds = {0x15: value == k, 0x35: value >= k, 0x25: value > k, 0x45: bool(value & k)}[kind]
        at += 1 + (true if holds else false)


ALLOW, KILL = 0x7FFF0000, 0x80000000
EPERM, ENOMEM, ENOSYS, EAFNOSUPPORT = (0x50000 | number for number in (1, 12, 38, 97))
CALLS = [
    ("keyctl", (), EPERM), ("mount", (), EPERM), ("setns", (), EPERM), ("bpf", (), EPERM),
    ("clone3", (), ENOSYS), ("io_uring_setup", (), ENOSYS), ("openat2", (), ENOSYS),
    ("clone", (0x11,), ALLOW), ("clone", (0x10000011,), EPERM), ("unshare", (0x400,), ALLOW),
    ("unshare", (0x10000000,), EPERM), ("unshare", (0x80,), EPERM),
    ("ioctl", (0, 0x5401), ALLOW), ("ioctl", (0, 0x5412), EPERM), ("ioctl", (0, 0xFFFFFFFF00005412), EPERM),
    ("socket", (1,), ALLOW), ("socket", (2,), ALLOW), ("socket", (10,), ALLOW), ("socket", (16,), ALLOW),
    ("socket", (40,), EAFNOSUPPORT), ("socketpair", (38,), EAFNOSUPPORT),
    ("fchmod", (3, 0o755), ALLOW), ("fchmod", (3, 0o4755), EPERM), ("fchmodat", (3, 0, 0o2755), EPERM),
    ("openat", (3, 0, 0, 0o7777), ALLOW), ("openat", (3, 0, 0x41, 0o644), ALLOW),
    ("openat", (3, 0, 0x41, 0o4755), EPERM),
    ("mknodat", (3, 0, 0o104755), EPERM), ("memfd_create", (), ENOSYS),
    ("shmget", (0, 4096), ALLOW), ("shmget", (0, 2**21), ENOMEM), ("shmget", (0, 2**32), ENOMEM),
]  # fmt: skip


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
@pytest.mark.parametrize(("name", "arguments", "expected"), CALLS)
def test_what_becomes_of_a_call(architecture: str, name: str, arguments: tuple[int, ...], expected: int) -> None:
    known = ARCHITECTURES[architecture]
    code = program(architecture, memory_counted=False)
    assert ended(code, known.audit, known.numbers[name], arguments) == expected


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_every_other_number_is_allowed_and_foreign_calls_are_not(architecture: str) -> None:
    known = ARCHITECTURES[architecture]
    code = program(architecture, memory_counted=True)
    others = set(range(500)) - set(known.numbers.values())
    assert {ended(code, known.audit, number) for number in others} == {ALLOW}
    assert ended(code, known.audit, known.numbers["memfd_create"]) == ALLOW
    assert ended(code, known.audit ^ 1, 0) == KILL
    if known.highest is not None:
        assert ended(code, known.audit, known.highest + 1) == ENOSYS


@pytest.mark.skipif(not PROBE.ok, reason=PROBE.reason)
def test_the_probe_says_what_is_missing() -> None:
    assert PROBE.start is not None
    assert PROBE.weaker == (not PROBE.start.no_nesting or PROBE.start.architecture is None)
    assert ("seccomp" in PROBE.reason) == PROBE.weaker
