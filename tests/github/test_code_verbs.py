"""Repository, permission, files, branches, commits."""

from __future__ import annotations

import base64

import httpx
import pytest

from otto_bot.github.errors import Refused, TooLarge, Unreachable


def file(content: bytes, **changes):
    text = base64.encodebytes(content).decode()
    return {"type": "file", "size": len(content), "encoding": "base64", "content": text, **changes}


async def test_info_is_read_afresh(wire, repo):
    assert (await repo.info()).full_name == "acme/shop"
    wire.resolve.respond(json={"id": 22, "name": "store", "owner": {"login": "acme"}, "archived": True})
    info = await repo.info()
    assert (info.full_name, info.archived) == ("acme/store", True)


@pytest.mark.parametrize(
    ("answer", "level", "can_write", "user_id"),
    [
        (
            httpx.Response(
                200, json={"permission": "write", "role_name": "maintain", "user": {"id": 7, "login": "ann"}}
            ),
            "write",
            True,
            7,
        ),
        (httpx.Response(200, json={"permission": "admin", "user": {"id": 7, "login": "ann"}}), "admin", True, 7),
        (
            httpx.Response(200, json={"permission": "read", "role_name": "triage", "user": {"id": 7, "login": "ann"}}),
            "read",
            False,
            7,
        ),
        (httpx.Response(404), "none", False, None),
    ],
)
async def test_permission(wire, repo, answer, level, can_write, user_id):
    wire.repo("GET", "/collaborators/ann/permission").mock(return_value=answer)
    found = await repo.permission("ann")
    assert (found.level, found.can_write, found.user_id, found.login) == (level, can_write, user_id, "ann")


async def test_an_unknown_level_is_no_permission(wire, repo):
    wire.repo("GET", "/collaborators/ann/permission").respond(json={"permission": "superuser", "user": {"id": 7}})
    with pytest.raises(Unreachable):
        await repo.permission("ann")


async def test_permission_is_asked_each_time(wire, repo):
    route = wire.repo("GET", "/collaborators/ann/permission").respond(json={"permission": "read"})
    await repo.permission("ann")
    await repo.permission("ann")
    assert route.call_count == 2


async def test_a_file(wire, repo):
    route = wire.repo("GET", "/contents/docs/a b#1.md").respond(json=file(b"\x00hello\n" * 40))
    assert await repo.file("docs/a b#1.md", "otto/7-1/run") == b"\x00hello\n" * 40
    assert route.calls.last.request.url.params["ref"] == "otto/7-1/run"
    assert route.calls.last.request.url.raw_path.startswith(b"/repos/acme/shop/contents/docs/a%20b%231.md?")


async def test_no_file(wire, repo):
    wire.repo("GET", "/contents/.github/otto.yml").respond(404)
    assert await repo.file(".github/otto.yml", "main") is None


@pytest.mark.parametrize("answer", [[], {"type": "submodule"}, {"type": "symlink"}])
async def test_what_is_no_file(wire, repo, answer):
    wire.repo("GET", "/contents/x").respond(json=answer)
    with pytest.raises(Refused, match="x is no file"):
        await repo.file("x", "main")


async def test_large_files(wire, repo):
    def answer(request):
        if "raw" in request.headers["accept"]:
            return httpx.Response(200, content=b"raw bytes")
        return httpx.Response(200, json=file(b"", encoding="none", size=9))

    wire.repo("GET", "/contents/x").mock(side_effect=answer)
    assert await repo.file("x", "main") == b"raw bytes"
    wire.repo("GET", "/contents/y").respond(json=file(b"", size=2_000_000))
    with pytest.raises(TooLarge):
        await repo.file("y", "main")


@pytest.mark.parametrize("path", ["../../../../user", "/etc/passwd", "a/../b", ""])
async def test_a_path_that_leaves_its_place_is_refused(wire, repo, path):
    with pytest.raises(ValueError, match="GitHub path"):
        await repo.file(path, "main")
    assert [call.request.url.path for call in wire.router.calls] in (
        [],
        ["/app/installations/11/access_tokens", "/repositories/22"],
    )


async def test_workflow_files(wire, repo):
    entries = [{"name": n, "type": "file"} for n in ("z.yaml", "ci.yml", "README.md")] + [
        {"name": "d.yml", "type": "dir"}
    ]
    wire.repo("GET", "/contents/.github/workflows").respond(json=entries)
    wire.repo("GET", "/contents/.github/workflows/ci.yml").respond(json=file(b"on: push\n"))
    wire.repo("GET", "/contents/.github/workflows/z.yaml").respond(json=file(b"\xff"))
    found = await repo.workflow_files("main")
    assert [(f.path, f.text) for f in found] == [
        (".github/workflows/ci.yml", "on: push\n"),
        (".github/workflows/z.yaml", "\ufffd"),
    ]


@pytest.mark.parametrize("listed", ["file", "submodule"], ids=["2022-11-28", "2026-03-10"])
async def test_a_submodule_among_workflow_files_has_a_problem_in_both_versions(wire, repo, listed):
    """The older version lists it as a file, and says what it is when it is asked for."""
    wire.repo("GET", "/contents/.github/workflows").respond(json=[{"name": "m.yml", "type": listed, "sha": "a"}])
    wire.repo("GET", "/contents/.github/workflows/m.yml").respond(
        json={"name": "m.yml", "type": "submodule", "sha": "a"}
    )
    (found,) = await repo.workflow_files("main")
    assert (found.text, "submodule" in found.problem) == ("", True)


async def test_no_workflow_files(wire, repo):
    wire.repo("GET", "/contents/.github/workflows").respond(404)
    assert await repo.workflow_files("main") == []


async def test_too_many_workflow_files(wire, repo):
    wire.repo("GET", "/contents/.github/workflows").respond(
        json=[{"name": f"{n}.yml", "type": "file"} for n in range(101)]
    )
    with pytest.raises(TooLarge):
        await repo.workflow_files("main")


async def test_branches_and_commits(wire, repo):
    wire.repo("GET", "/git/ref/heads/otto/7-1/run").respond(json={"object": {"sha": "a" * 40}})
    wire.repo("GET", "/git/ref/heads/none").respond(404)
    wire.repo("GET", "/git/ref/heads/odd").respond(json={"object": None})
    assert await repo.branch_sha("otto/7-1/run") == "a" * 40
    assert await repo.branch_sha("none") is None
    with pytest.raises(Unreachable):
        await repo.branch_sha("odd")
    route = wire.repo("GET", "/commits").respond(
        json=[
            {"sha": "a", "commit": {"message": "fix: x\n\nbody"}, "author": None},
            {"sha": "b", "commit": {"message": ""}, "author": {"login": "ann"}},
        ]
    )
    first, second = await repo.commits("main", 500)
    assert (first.subject, first.author_login, second.subject, second.author_login) == ("fix: x", None, "", "ann")
    assert route.calls.last.request.url.params["per_page"] == "100"
    route.respond(409, json={"message": "Git Repository is empty."})
    assert await repo.commits("main") == []


async def test_a_file_that_is_no_base64(wire, repo):
    wire.repo("GET", "/contents/x").respond(json={**file(b""), "content": "A"})
    with pytest.raises(Unreachable, match="no base64"):
        await repo.file("x", "main")


async def test_a_branch_of_an_empty_repository(wire, repo):
    wire.repo("GET", "/git/ref/heads/main").respond(409, json={"message": "Git Repository is empty."})
    assert await repo.branch_sha("main") is None


async def test_paths_of_a_commit(wire, repo):
    tree = [{"path": "a b/ü.py", "type": "blob"}, {"path": "a b", "type": "tree"}, {"path": "sub", "type": "commit"}]
    route = wire.repo("GET", "/git/trees/abc")
    route.respond(json={"tree": tree, "truncated": False})
    assert await repo.paths("abc") == ["a b/ü.py"]
    assert route.calls[0].request.url.params["recursive"] == "1"
    route.respond(json={"tree": tree, "truncated": True})
    assert await repo.paths("abc") is None


async def test_two_commits_compared(wire, repo):
    """Also what has no patch; whatever stands in a name, it is one part of the address."""
    asked = wire.repo("GET", "/compare/main...otto/4-1/run").respond(
        json={
            "base_commit": {"sha": "b"}, "merge_base_commit": {"sha": "m"}, "status": "ahead", "ahead_by": 2,
            "files": [{"filename": "a.png", "status": "renamed", "previous_filename": "b.png", "patch": None}],
        }
    )  # fmt: skip

    found = await repo.compare("main", "otto/4-1/run")

    assert b"main...otto%2F4-1%2Frun?" in asked.calls.last.request.url.raw_path
    assert (found.base, found.merge_base, found.ahead_by) == ("b", "m", 2)
    assert (found.files[0].previous_filename, found.files[0].patch) == ("b.png", None)
