"""The texts that tell one cause from another: messages of GitHub and its runner first, then those of tools."""

from __future__ import annotations

import re
from typing import NamedTuple

from otto_bot.core.evidence import Cause


class Rule(NamedTuple):
    """`pattern` found in a line means `cause`; `name` is shown as the signal."""

    name: str
    cause: Cause
    pattern: re.Pattern[str]


def _rule(name: str, cause: Cause, pattern: str) -> Rule:
    return Rule(name, cause, re.compile(pattern))


PLATFORM = (
    _rule(
        "billing message",
        Cause.BILLING,
        r"account payments have failed|spending limit needs to be increased|locked due to a billing issue|"
        r"billing (?:issue|& plans)|exceeded (?:your|the) (?:included|monthly).{0,40}minutes",
    ),
    _rule(
        "action not allowed",
        Cause.PERMISSION,
        r"(?:is|are) not allowed (?:to be used )?in \S+|not allowed by (?:your )?(?:organi[sz]ation|enterprise) policy",
    ),
    _rule("token without the right", Cause.PERMISSION, r"Resource not accessible by (?:integration|personal access)"),
    _rule(
        "time limit of the job or step",
        Cause.TIMEOUT,
        r"has exceeded the maximum execution time of|^(?:##\[error\])?The action '.*' has timed out after \d+ minutes",
    ),
    _rule(
        "no runner took the job",
        Cause.NEVER_STARTED,
        r"job was not acquired by Runner|no (?:enabled )?runners? online|was not started because|"
        r"waiting for a runner to pick up this job.{0,40}timed? ?out",
    ),
    _rule(
        "runner lost",
        Cause.INFRA,
        r"[Rr]unner has received a shutdown signal|lost communication with the server|"
        r"runner (?:process )?(?:was )?(?:terminated|crashed) unexpectedly|The runner (?:\S+ )?was lost",
    ),
    _rule("disk full", Cause.INFRA, r"No space left on device|disk is full|not enough space on the disk"),
    _rule(
        "out of memory",
        Cause.INFRA,
        r"JavaScript heap out of memory|Cannot allocate memory|OOMKilled|[Oo]ut of memory: Killed|"
        r"java\.lang\.OutOfMemoryError",
    ),
    _rule("concurrency group", Cause.CANCELLED, r"Canceling since a (?:higher priority|deadlock)"),
)
"""What GitHub and its runner say: read in annotations and in error lines of the log."""

NETWORK = _rule(
    "network",
    Cause.INFRA,
    r"Could not resolve host|Temporary failure in name resolution|Name or service not known|\bEAI_AGAIN\b|"
    r"\bETIMEDOUT\b|"
    r"\bECONNRESET\b|Connection (?:reset by peer|timed out)|TLS handshake timeout|"
    r"\b(?:502 Bad Gateway|503 Service Unavailable|504 Gateway Time-?out|429 Too Many Requests)\b|"
    r"HTTP error 50[234]|status code:? 50[234]|Failed to fetch .* (?:50[234]|Could not)|i/o timeout|"
    r"Unable to connect to|toomanyrequests|rate limit exceeded|net::ERR_|Network is unreachable",
)

DEPENDENCY = (
    _rule(
        "no such distribution", Cause.DEPENDENCY, r"No matching distribution found|Could not find a version that satisf"
    ),
    _rule(
        "resolution of versions",
        Cause.DEPENDENCY,
        r"ResolutionImpossible|npm (?:ERR!|error) code (?:ERESOLVE|ETARGET|E404)",
    ),
    _rule("npm 404", Cause.DEPENDENCY, r"npm (?:ERR!|error) 404|ERR_PNPM_(?:FETCH_404|NO_MATCHING)"),
    _rule(
        "lock file out of date",
        Cause.DEPENDENCY,
        r"can only install packages when your package|ERR_PNPM_OUTDATED_LOCKFILE",
    ),
    _rule("node module missing", Cause.DEPENDENCY, r"Cannot find (?:module|package) '[^./'][^']*'"),
    _rule(
        "go module missing",
        Cause.DEPENDENCY,
        r"no required module provides package|cannot find module providing|missing go\.sum entry",
    ),
    _rule("crate missing", Cause.DEPENDENCY, r"no matching package named|failed to select a version for"),
    _rule(
        "artifact missing",
        Cause.DEPENDENCY,
        r"Could not (?:resolve dependencies|find artifact)|Could not resolve all (?:files|dep)",
    ),
    _rule("gem missing", Cause.DEPENDENCY, r"Could not find (?:gem|\S+ in (?:locally|any))|Bundler could not find"),
    _rule("system package missing", Cause.DEPENDENCY, r"E: Unable to locate package|Package '\S+', required by"),
    _rule(
        "command missing",
        Cause.DEPENDENCY,
        r"(?:: |^)(?:line \d+: )?[\w./-]+: (?:command )?not found$|: No such file or directory: '[\w-]+'$",
    ),
)

MISSING_PYTHON = re.compile(r"No module named ['\"]?([\w.]+)")
"""The module that Python did not find."""

BUILD = (
    _rule(
        "compiler",
        Cause.BUILD,
        r"error TS\d+|^error\[E\d+\]|^(?!\S+\.pyi?:).*: (?:fatal )?error(?: [A-Z]+\d+)?: |undefined reference to",
    ),
    _rule(
        "build tool",
        Cause.BUILD,
        r"could not compile|COMPILATION ERROR|\[build failed\]|Failed to compile|Compilation failed",
    ),
    _rule("syntax", Cause.BUILD, r"\b(?:SyntaxError|IndentationError|TabError)\b"),
    _rule(
        "package build",
        Cause.BUILD,
        r"Failed (?:building|to build) |subprocess-exited-with-error|metadata-generation-failed",
    ),
    _rule("go compiler", Cause.BUILD, r"^\S+\.go:\d+:\d+: |^vet: "),
    _rule("import", Cause.BUILD, r"^(?:E\s+)?ImportError: cannot import name|No module named"),
    _rule("make", Cause.BUILD, r"^make(?:\[\d+\])?: \*\*\*.*Error"),
)

LINT = (
    _rule(
        "ruff or flake8",
        Cause.LINT,
        r"^\S+\.pyi?:\d+:\d+: [A-Z]{1,4}\d{2,4}\b|^[A-Z]{1,4}\d{3,4} (?:\[\*\] )?\S|^Found \d+ errors?\.$",
    ),
    _rule(
        "formatter",
        Cause.LINT,
        r"^would reformat |files? would be (?:reformatted|left)|Code style issues|^Diff in \S+|Run Prettier",
    ),
    _rule(
        "type checker",
        Cause.LINT,
        r"^\S+\.pyi?:\d+:(?:\d+:)? error: .*\[[\w-]+\]$|^Found \d+ errors? in \d+ files?|- error: .*\(report\w+\)",
    ),
    _rule("eslint", Cause.LINT, r"✖ \d+ problems? \(|^\s+\d+:\d+\s+error\s+.*\s[\w@/-]+$"),
    _rule("clippy or golangci", Cause.LINT, r"clippy::|\((?:golint|govet|staticcheck|errcheck|gofmt|revive|unused)\)$"),
    _rule("pre-commit", Cause.LINT, r"^- hook id: |\.{5,}Failed$"),
)

TEST = (
    _rule(
        "test summary",
        Cause.TEST,
        r"\b[1-9]\d* (?:failed|failing)\b|^FAILED \((?:failures|errors)|Tests run: .*(?:Failures|Errors): [1-9]",
    ),
    _rule("assertion", Cause.TEST, r"\bAssertionError\b|AssertionFailedError|^E\s+assert "),
    _rule(
        "test verdict",
        Cause.TEST,
        r"^(?:FAILED|FAIL)\b[ :]\S|--- FAIL: |^not ok \d|test result: FAILED|There (?:was|were) \d+ failures?",
    ),
)

LINT_COMMAND = re.compile(
    r"\b(?:ruff|flake8|pylint|black|isort|mypy|pyright|eslint|prettier|stylelint|clippy|rustfmt|cargo fmt|gofmt|"
    r"golangci-lint|go vet|rubocop|shellcheck|hadolint|actionlint|pre-commit|lint|format(?:ting)?|typecheck)\b",
    re.IGNORECASE,
)
TEST_COMMAND = re.compile(
    r"\b(?:pytest|unittest|nox|tox|jest|vitest|mocha|rspec|phpunit|ctest|tests?|surefire)\b", re.IGNORECASE
)
BUILD_COMMAND = re.compile(
    r"\b(?:build|compile|make|tsc|javac|gcc|cmake|cargo check|go build|assemble)\b", re.IGNORECASE
)
"""What a step is for, by its name and first command: said only when its output leaves the question open."""
