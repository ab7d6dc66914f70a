"""The whole command over real HTTP: once where all is well, once where everything is wrong; never a secret."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from otto_bot.cli import main
from otto_bot.doctor.options import _repo
from otto_bot.doctor.reading import given

JOBS = "jobs: {t: {runs-on: ubuntu-latest, steps: [{run: pytest}]}}\n"
CI = "on: {pull_request: {}}\npermissions: {contents: read}\n" + JOBS


async def doctor(scene: Any, *arguments: str) -> tuple[int, str]:
    """The command in a process of its own, with this environment and nothing else."""
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(scene.folder), "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        **scene.environment,
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "otto_bot", "doctor", *arguments, cwd=scene.folder, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


def secrets(scene: Any) -> list[str]:
    """Every secret that was given, and each that was minted meanwhile."""
    key = scene.environment["OTTO_PRIVATE_KEY"].splitlines()
    names = ("OTTO_WEBHOOK_SECRET", "ANTHROPIC_API_KEY", "OTTO_CLIENT_SECRET")
    own = [scene.environment[name] for name in names if scene.environment.get(name)]
    return [*own, *(line for line in key if len(line) > 20 and "PRIVATE KEY" not in line), *scene.world.tokens]


@pytest.mark.slow
async def test_where_all_is_well_nothing_is_wrong(open_scene: Any) -> None:
    async with open_scene({".github/workflows/ci.yml": CI, "a.py": "x = 1\n"}, with_actions=True) as scene:
        code, out = await doctor(scene, "--repo", "octo/demo", "--as", "dev", "--json")
        hidden = secrets(scene)
        wrote = [row for row in scene.world.requests if row.method != "GET" and "access_tokens" not in row.path]

    data = json.loads(out)
    told = [one for part in ("host", "octo/demo") for one in data[part] if one["level"] in ("problem", "unknown")]
    assert not told
    assert (code, data["wrong"]) == (0, False)
    assert not [one for one in hidden if one in out]
    assert not wrote, "a look writes nothing"


@pytest.mark.slow
async def test_where_everything_is_wrong_all_of_it_is_said(open_scene: Any) -> None:
    async with open_scene({".github/otto.yml": "budgets: 1\n"}) as scene:
        scene.environment |= {
            "OTTO_PORT": "99999", "OTTO_CLIENT_SECRET": "client-secret-canary-0001", "OTTO_CAGE": "none",
            "OTTO_PUBLIC_URL": "https://127.0.0.1:9", "ANTHROPIC_API_KEY": "sk-ant-api03-canary-wrong",
            "OTTO_DATABASE_URL": "postgresql://otto:password-canary-0002@127.0.0.1:9/otto",
        }  # fmt: skip
        scene.stand_in.hub.courier.url = "http://127.0.0.1:9/webhook"
        scene.app.hook_content_type, scene.app.events = "form", ["issues"]
        scene.world.accepted = {"issues": "write", "contents": "read"}
        code, out = await doctor(scene, "--repo", "octo/demo", "--as", "reader")
        hidden = secrets(scene)

    assert code == 2
    for words in (
        "OTTO_PORT", "OTTO_CAGE", "OTTO_CLIENT_ID is missing", "database: The database does not answer",
        "webhook: GitHub sends webhooks as form", "does not answer from here", "octo has not granted",
        "models: claude-", "configuration: `.github/otto.yml` cannot be used", "budgets",
        "verification: Nothing verifies a branch", "/new/main?filename=", "reader has no write permission",
        "troubleshooting.md#missing-permission", "Could not be looked at",
    ):  # fmt: skip
        assert words in out, f"{words}\n{out}"
    assert not [one for one in [*hidden, "password-canary-0002"] if one in out]


def test_settings_that_cannot_be_used_are_all_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    secret = "canary-of-a-secret"
    read = given(
        {"OTTO_APP_ID": "x", "OTTO_PORT": "y", "OTTO_WEBHOOK_SECRET": secret, "OTTO_STATE_DIR": "/s"}, tmp_path
    )

    assert {one.split(":")[0].split(" ")[0] for one in read.problems} == {
        "OTTO_APP_ID",
        "OTTO_PRIVATE_KEY",
        "OTTO_PORT",
    }
    assert read.settings is not None
    assert (str(read.settings.state_dir), read.app_known, read.store_known) == ("/s", False, True)
    assert secret in read.hidden


@pytest.mark.parametrize("text", ["octo", "a/b/c", "/x", "x/", "a b/c"])
def test_a_repository_is_named_by_owner_and_name(text: str) -> None:
    import argparse

    with pytest.raises(argparse.ArgumentTypeError):
        _repo(text)


def test_a_file_that_is_refused_is_one_more_thing_that_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rest is looked at all the same: the doctor is for hosts on which something is wrong."""
    (tmp_path / ".env").write_text("OTTO_WEBHOOK_SECRET=s3cret-of-the-host\n")
    (tmp_path / ".env").chmod(0o644)
    for name in [name for name in os.environ if name.startswith(("OTTO_", "ANTHROPIC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OTTO_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)

    assert main(["doctor"]) == 2

    said = " ".join(capsys.readouterr().out.split())
    assert "can be read by other users and holds OTTO_WEBHOOK_SECRET" in said
    assert "OTTO_APP_ID is missing" in said
    assert "versions" in said
    assert "s3cret-of-the-host" not in said
