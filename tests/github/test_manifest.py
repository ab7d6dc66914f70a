"""The manifest asks for what the verbs need and for nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from otto_bot.github.needs import needs, table, union
from otto_bot.github.verbs import APP_PERMISSIONS, NEEDS

MANIFEST = yaml.safe_load((Path(__file__).parents[2] / "otto_bot" / "app.yml").read_text())


def test_the_manifest_grants_exactly_what_the_verbs_need():
    assert MANIFEST["default_permissions"] == APP_PERMISSIONS


def test_the_manifest_is_as_promised():
    assert MANIFEST["public"] is False
    assert MANIFEST["default_permissions"] == {
        "metadata": "read",
        "contents": "write",
        "issues": "write",
        "pull_requests": "write",
        "checks": "write",
        "actions": "write",
        "statuses": "read",
    }
    assert sorted(MANIFEST["default_events"]) == [
        "check_run",
        "issue_comment",
        "issues",
        "pull_request",
        "pull_request_review",
        "pull_request_review_comment",
        "push",
        "repository",
        "status",
        "workflow_run",
    ]


def test_only_a_push_drafts_and_signed_commits_may_write_contents():
    writing = {verb for verb, permissions in NEEDS.items() if permissions.get("contents") == "write"}
    assert writing == {"push_token", "mark_ready", "convert_to_draft", "make_blob", "make_tree", "make_commit"}


def test_no_token_has_all_that_the_app_may():
    assert not [verb for verb, permissions in NEEDS.items() if len(permissions) > 2]


def test_a_verb_that_declares_nothing_is_an_error():
    class Verbs:
        @needs(issues="write")
        async def good(self) -> None: ...

        async def bad(self) -> None: ...

    with pytest.raises(TypeError, match=r"Verbs\.bad does not declare"):
        table(Verbs)


def test_union_takes_the_higher_level():
    assert union({"a": {"x": "read"}, "b": {"x": "write", "y": "read"}, "c": {"x": "read"}}) == {
        "x": "write",
        "y": "read",
    }


def test_importing_the_client_does_not_import_githubkit():
    code = "import sys, otto_bot.github.client; sys.exit('githubkit' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
