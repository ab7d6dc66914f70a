"""What a caged command may use, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_KIBIBYTE = 1024
_MEBIBYTE = 1024 * _KIBIBYTE
_GIBIBYTE = 1024 * _MEBIBYTE


@dataclass(frozen=True)
class Limits:
    """Caps on one command. Sizes in bytes.

    `memory` (resident, and what its memory file systems hold), `processes` and `cpu_total` hold for the command with
    everything it starts; `address_space`, `cpu_seconds`, `file_size` and `open_files` for each process. The address
    space is wide on purpose: node and Go reserve far more than they use. `disk` and `files` cap the working directory
    as a whole, also what earlier commands left there; `tmp_size` each writable place that is not the working directory;
    `printed` what a command may print before it is ended, `output` what is kept of it.
    """

    memory: int = 4 * _GIBIBYTE
    processes: int = 512
    address_space: int = 64 * _GIBIBYTE
    cpu_seconds: int = 900
    cpu_total: int = 3600
    file_size: int = 1 * _GIBIBYTE
    open_files: int = 16384
    disk: int = 10 * _GIBIBYTE
    files: int = 1_000_000
    tmp_size: int = 512 * _MEBIBYTE
    printed: int = 1 * _GIBIBYTE
    output: int = 256 * _KIBIBYTE

    def __post_init__(self) -> None:
        small = [name for name, value in vars(self).items() if value < 1]
        if small:
            raise ValueError(f"limits must be positive: {', '.join(small)}")


StoppedBy = Literal["timeout", "memory", "processes", "cpu", "disk", "output"]


@dataclass(frozen=True)
class Result:
    """How a command ended. `exit_code` is 128 + n when signal n ended it, -9 when we did.

    `output` is stdout and stderr as they came; when `truncated`, a line in its middle says how much was cut.
    `stopped_by` names the limit of ours that ended it, None when it ended by itself.
    """

    exit_code: int
    output: str
    truncated: bool
    timed_out: bool
    seconds: float
    stopped_by: StoppedBy | None = None
