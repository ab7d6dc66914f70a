"""The diff gate: each rule with what it must catch and what it must let through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core.tampering_paths import is_test
from otto_bot.git.changes import FileChange
from otto_bot.git.diff_gate import GateLimits, inspect, odd_path
from otto_bot.git.diff_rules import Globs, added_lines
from otto_bot.git.diff_secrets import secrets_in


def change(path: str, **more) -> FileChange:
    return FileChange(**{"path": path, "status": "modified", "mode_before": "100644", "mode_after": "100644", **more})


def rules(*changes: FileChange, **more) -> set[str]:
    return {finding.rule for finding in inspect(changes, **more)}


def patch(*lines: str, start: int = 1) -> str:
    return f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,0 +{start},9 @@\n" + "\n".join(lines) + "\n"


def test_an_ordinary_diff_passes() -> None:
    assert inspect([change("src/app.py", patch=patch("+x = 1"), size=10), change("tests/test_a.py")]) == []


@pytest.mark.parametrize(
    "path",
    [".github/workflows/ci.yml", ".github/otto.yml", ".GitHub/workflows/x.yml", "CODEOWNERS", "docs/CODEOWNERS"],
)
def test_protected_paths(path: str) -> None:
    (finding,) = inspect([change(path)])
    assert (finding.rule, finding.path, finding.blocking) == ("protected_path", path, True)


def test_moving_a_protected_file_away_is_caught() -> None:
    moved = change("ci.yml", status="renamed", old_path=".github/workflows/ci.yml")
    assert rules(moved) == {"protected_path", "tests_weakened"}


@pytest.mark.parametrize(
    ("pattern", "hits", "misses"),
    [
        (".github/**", [".github/a", ".github/a/b"], ["x/.github/a", ".githubx/a"]),
        ("CODEOWNERS", ["CODEOWNERS", "a/b/CODEOWNERS", "codeowners"], ["CODEOWNERS.md"]),
        ("*.lock", ["a.lock", "x/b.lock"], ["a.lock.md"]),
        ("infra/", ["infra/a", "x/infra/b"], ["infrastructure/a"]),
        ("/infra/*.tf", ["infra/a.tf"], ["infra/x/a.tf", "x/infra/a.tf"]),
        ("a/**/z", ["a/z", "a/b/c/z"], ["a/bz"]),
        ("**/secrets", ["secrets", "a/secrets/x"], ["mysecrets"]),
        ("v?.txt", ["v1.txt"], ["v12.txt", "v/.txt"]),
        ("a+(b)", ["a+(b)"], ["aa(b)"]),
    ],
)
def test_globs(pattern: str, hits: list[str], misses: list[str]) -> None:
    globs = Globs([pattern, " "])
    assert [path for path in hits if globs.match(path) != pattern] == []
    assert [path for path in misses if globs.match(path)] == []


def test_links_and_submodules() -> None:
    assert rules(change("a", status="added", mode_before=None, mode_after="120000")) == {"symlink"}
    assert rules(change("a", status="type_changed", mode_after="120000")) == {"symlink"}
    assert rules(change("a", status="deleted", mode_before="120000", mode_after=None)) == set()
    assert rules(change("a", status="added", mode_before=None, mode_after="160000")) == {"submodule"}
    assert rules(change("a", status="deleted", mode_before="160000", mode_after=None)) == {"submodule"}
    assert rules(change(".gitmodules")) == {"submodule", "protected_path"}


def test_executables_are_only_noted() -> None:
    (found,) = inspect([change("a.sh", mode_after="100755")])
    assert (found.rule, found.path, found.blocking) == ("executable", "a.sh", False)
    assert inspect([change("a.sh", mode_before="100755", mode_after="100755")]) == []


def test_sizes() -> None:
    limits = GateLimits(file_bytes=10, total_bytes=15, files=2)
    assert rules(change("a", size=11), limits=limits) == {"file_too_large"}
    assert rules(change("a", size=8), change("b", size=8), limits=limits) == {"diff_too_large"}
    assert rules(*(change(name) for name in "abc"), limits=limits) == {"too_many_files"}
    assert rules(change("a", size=10), limits=limits) == set()


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "a/../b",
        "/etc/passwd",
        "a//b",
        "a/./b",
        "a\nb",
        "a\x7fb",
        "a\udce9",
        "a\\b",
        ".git/config",
        "a/.GIT/hooks/x",
        ".git./x",
        ".git /x",
        "GIT~1/x",
        ".git::$INDEX_ALLOCATION/x",
        ".g\u200cit/x",
        "x" * 256,
    ],
)
def test_odd_paths(path: str) -> None:
    assert odd_path(path)
    assert "bad_path" in rules(change(path))


@pytest.mark.parametrize("path", [".gitignore", "a/.gitattributes", "ü/日本.txt", "a b/c.txt", "...", "x.git/y"])
def test_paths_that_are_fine(path: str) -> None:
    assert odd_path(path) is None


@pytest.mark.parametrize(
    "line",
    [
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "token = 'ghp_" + "a" * 36 + "'",
        "token = 'ghs_12345_" + "a.b-c_" * 20 + "'",
        "github_pat_" + "A1" * 20,
        "AKIA" + "Q7" * 8,
        "key: sk-ant-api03-" + "x" * 30,
        "xoxb-1234567890-abcdef",
        "postgres://app:hunter2hunter2@db.example.com/x",
        "x" * 50_000 + " ghp_" + "a" * 36,
    ],
)
def test_secrets(line: str) -> None:
    (finding,) = inspect([change("a.py", patch=patch(" context", "+" + line, start=7))])
    assert finding.rule == "secret"
    assert finding.detail.startswith("line 8 looks like ")
    assert "aaaa" not in finding.detail


@pytest.mark.parametrize(
    "line",
    ["AKIAIOSFODNN7EXAMPLE", "ghp_short", "https://example.com:8080/a@b", "postgres://app:$PASSWORD@db/x", "sk-x"],
)
def test_what_is_no_secret(line: str) -> None:
    assert inspect([change("a.py", patch=patch("+" + line))]) == []


def test_a_secret_that_leaves_is_no_finding() -> None:
    assert inspect([change("a.py", patch=patch("-ghp_" + "a" * 36, " ghp_" + "b" * 36))]) == []


def test_what_was_not_scanned_is_said() -> None:
    found = inspect([change("a.bin", binary=True, size=5), change("b.txt", patch_cut=True)])
    assert [(one.rule, one.path, one.blocking) for one in found] == [
        ("binary", "a.bin", True),
        ("not_scanned", "b.txt", True),
    ]


@pytest.mark.parametrize(
    "weaker",
    [
        change("tests/test_a.py", status="deleted", mode_after=None),
        change("attic/a.txt", status="renamed", old_path="tests/test_a.py"),
        change("tests/test_a.py", patch=patch("-    assert a == 1", "-    assert b", "+    assert a")),
        change("src/a.test.ts", patch=patch("-it('x', f)", "+it.skip('x', f)")),
        change("test_a.py", patch=patch("+@pytest.mark.skip")),
    ],
)
def test_weaker_tests_are_noted(weaker: FileChange) -> None:
    assert {(finding.rule, finding.blocking) for finding in inspect([weaker])} == {("tests_weakened", False)}


@pytest.mark.parametrize(
    "fine",
    [
        change("tests/test_a.py", patch=patch("-    assert a == 1", "+    assert a == 2")),
        change("tests/unit/test_a.py", status="renamed", old_path="tests/test_a.py"),
        change("src/a.py", patch=patch("-    assert a")),
    ],
)
def test_tests_that_are_not_weaker(fine: FileChange) -> None:
    assert inspect([fine]) == []


def test_what_counts_as_a_test() -> None:
    for path in ("tests/a.py", "a/test_b.py", "b_test.go", "x.spec.tsx", "__tests__/a.js", "conftest.py"):
        assert is_test(path)
    for path in ("src/contest.py", "latest/a.py", "testing.md"):
        assert not is_test(path)


def test_added_lines_are_numbered_as_in_the_new_file() -> None:
    text = patch(" a", "+b", "-c", "+++ d", "\\ No newline at end of file", start=3) + "@@ -9 +20 @@\n+e\n"
    assert list(added_lines(text)) == [(4, "b"), (5, "++ d"), (20, "e")]


@given(st.text(), st.text())
def test_any_input_is_answered(path: str, body: str) -> None:
    found = inspect([change(path, patch=body), change("a", patch=patch("+" + body))])
    assert all(finding.rule and finding.detail for finding in found)
    assert list(secrets_in([(1, body)])) == list(secrets_in([(1, body)]))
