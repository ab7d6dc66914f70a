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

    `memory` (resident) and `processes` hold for the command with everything it starts; `address_space`,
    `cpu_seconds` and `file_size` for each process. The address space is wide on purpose: node and Go reserve far
    more than they use. `tmp_size` caps each writable place that is not the working directory; what the command
    writes into the working directory is capped by file only.
    """

    memory: int = 4 * _GIBIBYTE
    processes: int = 512
    address_space: int = 64 * _GIBIBYTE
    cpu_seconds: int = 900
    file_size: int = 1 * _GIBIBYTE
    tmp_size: int = 512 * _MEBIBYTE
    output: int = 256 * _KIBIBYTE

    def __post_init__(self) -> None:
        small = [name for name, value in vars(self).items() if value < 1]
        if small:
            raise ValueError(f"limits must be positive: {', '.join(small)}")


StoppedBy = Literal["timeout", "memory", "processes"]


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
