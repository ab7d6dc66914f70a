"""The stand-in where a repository is renamed, archived or taken away, an issue is gone, an app suspended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def test_a_renamed_repository_answers_under_its_new_name_and_redirects_the_old_one(github: Any) -> None:
    call = github.as_bot()
    assert call("GET", "~/issues/1").status_code == 200
    github.do(rename={"name": "words", "default_branch": "trunk"})
    old = call("GET", "~/issues/1")
    assert (old.status_code, old.json()["message"]) == (301, "Moved Permanently")
    assert old.json()["url"].endswith("/repositories/700001/issues/1")
    assert call("POST", "~/issues/1/comments", json={"body": "x"}).status_code == 307
    now = call("GET", "/repositories/700001").json()
    assert (now["name"], now["default_branch"]) == ("words", "trunk")
    assert call("GET", f"/repos/{now['full_name']}/git/ref/heads/main").status_code == 404
    assert call("GET", f"/repos/{now['full_name']}/git/ref/heads/trunk").status_code == 200


def test_an_archived_repository_is_only_to_be_read(github: Any) -> None:
    call = github.as_bot()
    github.do(archive=True)
    assert call("GET", "/repositories/700001").json()["archived"] is True
    assert call("GET", "~/issues/1").status_code == 200
    refused = call("POST", "~/issues/1/comments", json={"body": "x"})
    assert (refused.status_code, refused.json()["message"]) == (403, "Repository was archived so is read-only.")
    github.do(archive=False)
    assert call("POST", "~/issues/1/comments", json={"body": "x"}).status_code == 201


def test_a_suspended_app_gets_no_token_and_its_tokens_open_nothing(github: Any) -> None:
    call = github.as_bot()
    github.do(app="suspend")
    refused = call("GET", "~/issues/1")
    assert (refused.status_code, refused.json()["message"]) == (403, "This installation has been suspended")
    github.do(app="unsuspend")
    assert call("GET", "~/issues/1").status_code == 200


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ({"transfer_issue": "octo/other"}, 301),
        ({"transfer_issue": {"to": "octo/other", "seen": False}}, 404),
        ({"delete_issue": "issue/1"}, 410),
    ],
)
def test_an_issue_that_is_gone(github: Any, action: dict[str, Any], status: int) -> None:
    call = github.as_bot()
    github.do(**action)
    answer = call("GET", "~/issues/1")
    assert answer.status_code == status
    assert call("GET", "~/issues", params={"state": "all"}).json() == []
    if status == 301:
        assert answer.json()["url"].endswith("/repositories/700002/issues/1")
    if status == 410:
        assert answer.json()["message"] == "This issue was deleted"


def test_a_custom_role_is_shown_beside_what_it_is_built_on(github: Any) -> None:
    user = github.stand_in.hub.world.user("dev")
    assert user is not None
    user.role = "release-manager"
    shown = github.as_bot()("GET", "~/collaborators/dev/permission").json()
    assert (shown["permission"], shown["role_name"]) == ("write", "release-manager")


def test_git_is_sent_on_under_the_old_name_and_kept_out_of_an_archive(github: Any, tmp_path: Path) -> None:
    token, url = github.token(), f"{github.url}/octo/demo.git"
    work = github.clone(tmp_path, token)
    github.do(archive=True)
    refused = github.git(work, "push", url, "HEAD:refs/heads/other", token=token, ok=False)
    assert "This repository was archived so it is read-only." in refused.stderr
    github.do(archive=False)
    github.do(rename="words")
    sent = github.git(work, "-c", "http.followRedirects=false", "ls-remote", url, token=token, ok=False)
    assert "301" in sent.stderr
