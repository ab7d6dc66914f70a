"""What machines say when they give up: disk, memory, signals, devices, and clocks that ran out inside of a step."""

from __future__ import annotations

from otto_bot.core.evidence import Cause, FailureClass
from otto_bot.diagnosis.rule import HARD, LIKELY, TOLD, incident, verdict

_INFRASTRUCTURE = FailureClass.INFRASTRUCTURE

DISK = (
    verdict(
        "disk full",
        Cause.INFRA,
        HARD,
        r"No space left on device",
        r"\bENOSPC\b",
        r"not enough space on the disk",
        r"not enough free space",
        r"disk quota exceeded",
        r"disk is full",
        r"You don't have enough free space in",
        r"Cannot create file .* There is not enough space",
        r"OSError: \[Errno 28\]",
    ),
    incident(
        "disk or file system",
        Cause.INFRA,
        TOLD,
        r"Read-only file system",
        r"Input/output error",
        r"Stale file handle",
        r"Failed to write the updated manifest to the resource",
        r"because it is being used by another process",
        r"Could not get lock /var/lib",
        r"Unable to acquire the dpkg frontend lock",
        r"currently holding the yum lock",
        r"Too many open files",
        r"Transport endpoint is not connected",
        r"Device or resource busy",
        r"\bBus error\b.*(?:core dumped|\(BUS)",
    ),
)

MEMORY = (
    verdict(
        "out of memory",
        Cause.INFRA,
        HARD,
        r"JavaScript heap out of memory",
        r"Cannot allocate memory",
        r"\bOOMKilled\b",
        r"Out of memory: Kill",
        r"oom-kill(?:er)?\b.*(?:invoked|constraint)",
        r"java\.lang\.OutOfMemoryError",
        r"virtual memory exhausted",
        r"compiler is out of heap space",
        r"fatal error C1060",
        r"Catastrophic error: ",
        r"LLVM ERROR: out of memory",
        r"There is insufficient memory for the Java Runtime Environment",
        r"Gradle build daemon disappeared unexpectedly",
        r"The Daemon will expire (?:immediately )?(?:since|because|after) .*(?:memory|heap)",
        r"^(?:fatal error: |runtime: )?out of memory\b",
        r"memory cgroup out of memory",
        r"Not enough memory resources are available",
        r"The paging file is too small",
        r"g\+\+: fatal error: Killed signal terminated program",
        r"fatal error: Killed signal terminated program",
        r"collect2: fatal error: ld terminated with signal 9",
        r"\(signal: 9, SIGKILL",
        r"died with <Signals\.SIGKILL",
        r"(?:was|been) killed by (?:signal )?(?:9|SIGKILL)",
        r"terminated by signal SIGKILL",
        r"worker .{0,40}crashed.{0,40}(?:memory|SIGKILL)",
        r"terminated due to memory (?:limit|usage)",
    ),
    incident(
        "memory of a process",
        Cause.INFRA,
        TOLD,
        r"^\s*(?:E\s+)?MemoryError\b",
        r"(?:CUDA|HIP|MPS|XPU)(?: error:| backend)? out of memory",
        r"torch\.(?:cuda\.)?OutOfMemoryError",
        r"CUDA_ERROR_OUT_OF_MEMORY",
        r"std::bad_alloc",
        r"Unable to allocate [\d.]+ [KMGTi]+B for an array",
        r"RESOURCE_EXHAUSTED: Out of memory",
        r"failed to allocate memory",
    ),
    incident(
        "process killed from outside",
        Cause.INFRA,
        TOLD - 5,
        r"^(?:.{0,80}: )?(?:line \d+: +\d+ )?Killed\b(?!.*\bmutants?\b)",
        r"^\s*Terminated: 15",
        r"(?:code|status|value):? 137\b",
        r"(?:code|status|value):? 143\b",
        r"(?:code|status|value):? 130\b",
        r"Received signal:? (?:9|SIGKILL|15|SIGTERM|2|SIGINT)\b",
        r"\(signal: 15, SIGTERM",
        r"died with <Signals\.SIGTERM",
        r"exited with signal SIGKILL",
    ),
)

DEVICE = (
    verdict(
        "device or driver",
        Cause.INFRA,
        HARD - 5,
        r"NVIDIA-SMI has failed because it couldn't communicate",
        r"Failed to initialize NVML",
        r"Unable to determine the device handle for GPU",
        r"Found no NVIDIA driver on your system",
        r"no CUDA-capable device is detected",
        r"CUDA driver version is insufficient",
        r"CUDA driver initialization failed",
        r"CUDA initialization: (?:Unexpected error|CUDA unknown error)",
        (
            r"CUDA error: (?:uncorrectable ECC|unknown error|system not yet initialized|"
            r"all CUDA-capable devices are busy)"
        ),
        r"uncorrectable ECC error",
        r"GPU has fallen off the bus",
        r"(?:detect|detected|found) .{0,30}GPUs? on the runner",
        r"could not select device driver",
        r"nvidia-container-cli: (?:initialization|detection|mount) error",
        r"^ERROR: Installation has failed.*nvidia",
        r"\brocm-smi\b.*(?:fail|error|not found)",
        r"Unable to open /dev/kfd",
        r"HIP error: (?:no ROCm-capable|invalid device)",
        r"emulator: (?:ERROR|PANIC)",
        r"Timeout waiting for emulator to boot",
        r"adb: (?:error|device) .{0,40}(?:offline|not found)",
        r"Unable to boot (?:the Simulator|device)",
        r"Failed to boot simulator",
        r"xcodebuild: error: Failed to prepare device",
    ),
)

CLOCK = (
    incident(
        "a command ran out of time",
        Cause.TIMEOUT,
        TOLD - 5,
        r"subprocess\.TimeoutExpired",
        r"(?:command|process|script|step|task|build|job|suite|tests?) .{0,60}timed out after \d",
        r"^(?:ERROR|FATAL|Error|Fatal): .{0,80}timed out after \d",
        r"context deadline exceeded",
        r"(?:code|status):? 124\b",
        r"\breturning 124\b",
        r"execution expired",
        r"panic: test timed out after",
        (
            r"Timed out waiting for (?:the )?(?:server|service|port|container|emulator|device|database|"
            r"cluster|deployment)"
        ),
        r"timed out waiting for the condition",
        r"Timeout exceeded while waiting",
        r"Timeout of \d+ms hit",
        r"Error: Timed out waiting for: ",
        r"Operation timed out after \d",
        r"did not (?:become (?:ready|healthy)|start|come up) (?:with)?in(?: time| \d)",
        r"container .* is unhealthy",
        hint=_INFRASTRUCTURE,
    ),
    incident(
        "a test ran out of time",
        Cause.TEST,
        LIKELY + 10,
        r"\bTimed out after \d",
        r"TEST FAILURE: .*time?d? ?out",
        r"Timeout of \d+ ?m?s exceeded",
        r"Exceeded timeout of \d+ ?ms for a (?:test|hook)",
        r"Test timeout of \d+ms exceeded",
        r"Test timed out in \d+ms",
        r"\bTimeout \d+ms exceeded",
        r"\+{3,} Timeout \+{3,}",
        r"test timed out after \d+",
        r"Failed: Timeout >\d",
        r"Failed: Timeout \(>\d",
        r"!{3,} KeyboardInterrupt !{3,}",
        r"\bTimeoutException\b",
        r"\bTestTimedOutException\b",
        r"\*\*\*Timeout +\d",
        r"^TIMEOUT: //",
        r"^//\S+ +TIMEOUT in ",
        r"async callback was not invoked within",
        r"timed out in \d+(?:\.\d+)? ?(?:s|ms|sec)",
        r"(?:test|suite|file|run) (?:\S+ )?(?:has )?(?:timeout|time out|timed out)$",
        hint=_INFRASTRUCTURE,
    ),
)

DISASTERS = (*DISK, *MEMORY, *DEVICE)
MACHINE = (*DISASTERS, *CLOCK)
CLOCKS = frozenset(rule.name for rule in CLOCK)
"""Names of the rules about time: beside a failing test they tell how it failed, not that the platform did."""
