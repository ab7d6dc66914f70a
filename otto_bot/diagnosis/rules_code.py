"""What compilers and checkers say about the code, and what a step's command is for."""

from __future__ import annotations

import re

from otto_bot.core.evidence import Cause
from otto_bot.diagnosis.rule import HINT, LIKELY, TOLD, verdict
from otto_bot.diagnosis.rules_tests import TEST

BUILD = (
    verdict(
        "compiler",
        Cause.BUILD,
        TOLD,
        r"error TS\d+",
        r"^\s*error\[E\d+\]",
        r"^(?!\S+\.pyi?:)(?:\s*|.{0,40} )\S+[:(]\d+[:,)]\S*:? ?(?:fatal )?error(?: [A-Z]+\d+)?: ",
        r"^\[ERROR\] \S+\.(?:java|kt|scala|groovy):\[?\d+",
        r"^\[error\] \S+\.(?:scala|java):\d+",
        r"^\S+\.(?:java|kt|swift|m|scala):\d+: error: ",
        r"^e: file:///",
        r"^e: \S+\.kt: \(",
        r"\(\d+(?:,\d+)?\): (?:fatal )?error \w+\d+ ?:",
        r": error LNK\d+",
        r"undefined reference to",
        r"Undefined symbols for architecture",
        r"ld: symbol\(s\) not found",
        r"multiple definition of",
        (
            r"^\s*error: .*(?:expected|undeclared|cannot find (?:value|type|function|symbol|trait|macro)|"
            r"mismatched types|borrow|lifetime|unused)"
        ),
        r"^error: linking with `",
        r"^error: this (?:file contains|function|arithmetic|import|expression)",
        r"internal compiler error",
        r"\bin expression starting at\b|^ERROR: LoadError: (?!.*(?:test|Test))",
        r"^Error: .* is not (?:assignable|exported|defined)\b",
        r"^\s*\*\* \(CompileError\)",
        r"^\S+\.hs:\d+:\d+: error",
        r"^error: (?:unable to|failed to) .{0,20}compile",
        r"Type checking failed|Found \d+ errors? in \S+\.tsx?",
    ),
    verdict(
        "build tool",
        Cause.BUILD,
        TOLD - 15,
        r"could not (?:compile|document) `",
        r"COMPILATION ERROR",
        r"\[build failed\]",
        r"Failed to compile",
        r"Compilation fail(?:ed|ure)",
        r"Compilation error\.",
        (
            r"Failed to execute goal \S*(?:compiler|kotlin|scala|antlr4?|protobuf|javadoc|native|swagger|"
            r"openapi)\S*-(?:maven-)?plugin"
        ),
        r"Failed to execute goal \S*maven-(?:compiler|javadoc|jar|war|plugin|site|assembly|shade|source)-plugin",
        (
            r"Execution failed for task ':\S*(?:compile|kapt|ksp|javadoc|jar|dokka|process|generate|link|"
            r"merge|transform|package)"
        ),
        r"ninja: build stopped",
        r"\*\* BUILD FAILED \*\*",
        r"^Build FAILED\.",
        r"BUILD FAILED|Build failed with an exception",
        r"FAILED: Build did NOT complete successfully",
        r"Target //\S+ failed to build",
        r"ERROR: .{1,200}: \w+ failed: \(Exit \d+\)",
        r"^CMake Error (?:at|in) ",
        r"^(?:ERROR|error) in \./|webpack .*compiled with \d+ errors?",
        r"(?:vite|rollup|esbuild|RollupError|Build failed).{0,40}(?:failed to (?:resolve|load|parse)|\d+ errors?:)",
        r"Sphinx error:|WARNING: .*\(treated as error\)|build finished with problems",
    ),
    verdict(
        "syntax",
        Cause.BUILD,
        TOLD - 5,
        r"^(?:E +)?\s*(?:\w+\.)*(?:SyntaxError|IndentationError|TabError): ",
        r"PHP Parse error",
        r"syntax error, unexpected",
        r"[Uu]nexpected token",
        r": syntax error(?: near|:|,|$)",
    ),
    verdict(
        "go compiler",
        Cause.BUILD,
        LIKELY,
        r"^(?:\./|\.\./|[\w.-]+/)*[\w.-]+\.go:\d+:\d+: ",
        r"^vet: ",
    ),
    verdict("import", Cause.BUILD, LIKELY, r"ImportError: cannot import name"),
    verdict(
        "make",
        Cause.BUILD,
        HINT,
        r"^g?make(?:\[\d+\])?: \*\*\*.*Error",
        r"recipe for target '.+' failed",
        r"npm (?:ERR!|error) code ELIFECYCLE",
        r"error Command failed with exit code",
        r"ELIFECYCLE",
        r"returned non-zero exit status",
        r"failed to solve: process \".*\" did not complete successfully",
    ),
)

LINT = (
    verdict(
        "linter",
        Cause.LINT,
        TOLD - 3,
        r"^\S+(?:\.py:|\.pyi:)\d+:\d+: [A-Z]{1,4}\d{2,4}\b",
        r"^[A-Z]{1,4}\d{3,4} \[\*\] ",
        r"^Found \d+ errors?\.$",
        r"✖ \d+ problems? \(",
        r"^\s+\d+:\d+\s+error\s+.*\s[\w@/-]+$",
        r"^\S+\.go:\d+:\d+: .*\(\w+\)$",
        r"^\S+(?:\.py:|\.pyi:)\d+(?::\d+)?: [CRWEF]\d{4}: ",
        r"^\S+\.rb:\d+:\d+: [CWEF]: ",
        r"\d+ offenses? detected",
        r"In \S+ line \d+:$",
        r"error: .{1,200}-D (?:warnings|clippy::\S+)|`-D (?:warnings|clippy::\S+)` implied by",
        r"`#\[deny\(.*\)\]` (?:on by default|implied by)",
        r"You have \d+ Checkstyle violations?",
        r"\(Severity: [1-5]\)$",
        r"Lint for \S+:$",
        r"^>>> General linter failure",
        r"^error\[[a-z-]+\]: ",
        r"Lint (?:found|failed)|Linting failed|lint errors? found",
        r"trailing spaces?; please remove|trailing whitespace\.$",
        r"golangci-lint.*issues found|^\d+ issues?:$",
        r"yamllint|markdownlint-cli",
        r"reviewdog: .*found",
        r"error: (?:unused|dead code|field is never|function .* is never)",
    ),
    verdict(
        "goal of a checker",
        Cause.LINT,
        TOLD + 5,
        (
            r"Failed to execute goal \S*(?:checkstyle|spotless|pmd|spotbugs|findbugs|license|rat|sortpom|fmt|"
            r"impsort|formatter|detekt|ktlint)\S*"
        ),
        (
            r"Execution failed for task ':\S*(?:checkstyle|spotless|detekt|ktlint|lint|pmd|spotbugs|"
            r"projectHealth|apiCheck|license|rat)"
        ),
    ),
    verdict(
        "formatter",
        Cause.LINT,
        TOLD - 3,
        r"^would reformat ",
        r"files? would be (?:reformatted|left)",
        r"Code style issues",
        r"^Diff in \S+",
        r"Run Prettier",
        r"\(prettier/prettier\)$",
        r"is not (?:formatted|gofmt|properly formatted)",
        r"files? (?:were|was) modified by this hook",
        r"(?:run|with) (?:cargo fmt|gofmt|go fmt|black|clang-format|mix format|ruff format)\b",
        r"code should be clang-formatted",
        r"following files (?:had format violations|are not formatted|need formatting)",
        r"(?:committed|generated) (?:files?|\S+) .{0,60}(?:out of date|not up[ -]to[ -]date|differ)",
    ),
    verdict(
        "type checker",
        Cause.LINT,
        TOLD - 3,
        r"^\S+\.pyi?:\d+(?::\d+)?: error: ",
        r"Found \d+ errors? in \d+ files? \(checked",
        r"^\S+\.pyi?:\d+:\d+ - error: ",
        r"^\d+ errors?, \d+ warnings?, \d+ informations?",
        r"^ERROR \S+\.pyi?:\d+:\d+.*\[[\w-]+\]$",
        r"\[ERROR\] Found \d+ errors?|^\s*\[ERROR\] .*phpstan",
    ),
    verdict("pre-commit", Cause.LINT, TOLD - 8, r"^- hook id: ", r"\.{5,}Failed$"),
    verdict(
        "compatibility check",
        Cause.LINT,
        TOLD - 5,
        r"introducing backward incompatible changes",
        r"breaking (?:API )?changes? (?:detected|found)",
        r"API (?:breakage|check failed)",
        r"coverage .{0,60}(?:below|less than|not met|under) .{0,30}(?:threshold|minimum|required|expected|\d%)",
        r"Required test coverage of .* not reached",
        r"(?:docs?|workflows?|files?) .{0,40}(?:weren't|were not) regenerated",
        r"As shown by the above diff",
        r"local git repository checkout dirty",
        r"go\.(?:mod|sum) (?:is|are) not up[- ]to[- ]date",
        r"files? (?:is|are) not up[- ]to[- ]date",
    ),
)

CODE = (*BUILD, *LINT, *TEST)

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
