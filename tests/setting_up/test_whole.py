"""From nothing to a working App, as a new user does it: real commands, real HTTP, an empty GitHub stand-in.

How a run goes on from there to its end, the replay of docs/quickstart.md tells.
"""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from browsing import Browser, address_of, form_of, links_of
from playing import command, environment, github, line_with, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
MINUTES, STEPS = 10, 6


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def setup(*more: str, cwd: Path, env: dict[str, str], text: str = "") -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "otto_bot", "setup", *more]
    return subprocess.run(argv, cwd=cwd, env=env, input=text, capture_output=True, text=True, timeout=120)


def by_page(there: dict[str, Any], home: Path, env: dict[str, str]) -> list[str]:
    """The first four steps; what a person did."""
    done = ["otto-bot setup"]
    argv = ("setup", "--github", there["github"], "--organization", "octo", "--port", "0")
    with Browser() as browser, command(*argv, cwd=home, env=env) as process:
        page = browser.open(address_of(line_with(process, "http://127.0.0.1")))
        done.append("press the page's button")
        asked = browser.press(page)
        done.append("press Create GitHub App")
        back = browser.press(asked, name="Otto Whole")
        assert "is registered" in back.text
        done.append("press Install")
        (install,) = links_of(back.text)
        browser.press(browser.open(install))
        wait_for(lambda: "Otto is set up" in browser.open(str(back.url)).text, "the page's end", 60)
        line_with(process, "Installed for octo")
        assert process.wait(30) == 0
    return done


def by_paste(there: dict[str, Any], home: Path, env: dict[str, str]) -> None:
    """Without a browser on the machine the form is copied elsewhere, and an address comes back by hand."""
    argv = ("setup", "--github", there["github"], "--no-wait")
    with Browser() as browser, command(*argv, cwd=home, env=env) as process:
        assert process.stdin is not None
        form = Path(next(word for word in line_with(process, "register.html").split() if word.endswith(".html")))
        assert mode(form) == 0o600
        line_with(process, "--app-id N")
        asked = browser.http.post(**_form(form))
        browser.http.follow_redirects = False
        address = browser.press(asked, name="Otto Pasted").headers["location"]
        process.stdin.write(address.replace("state=", "state=x") + "\n" + address + "\n")
        process.stdin.flush()
        line_with(process, "does not belong to this set-up")
        line_with(process, "Install it on the repositories")
        assert process.wait(60) == 1  # not installed yet
    assert not form.exists()
    assert json.loads(next((home / "state" / "github-app").glob("*.json")).read_text())["slug"] == "otto-pasted"


def _form(path: Path) -> dict[str, Any]:
    action, fields = form_of(path.read_text())
    return {"url": action, "data": fields}


def test_from_nothing_to_an_app_that_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    home.mkdir()
    other.mkdir()
    (home / ".env").write_text("DJANGO_SETTINGS_MODULE=mine\n")
    with github(tmp_path) as there:
        env = environment()
        by_paste(there, other, env)
        begun = time.monotonic()
        done = by_page(there, home, env)
        app = home / "state" / "github-app"
        assert mode(app) == 0o700
        assert {mode(path) for path in (*app.iterdir(), home / ".env")} == {0o600}
        assert (home / ".env").read_text().startswith("DJANGO_SETTINGS_MODULE=mine\n")

        again = setup("--github", there["github"], "--no-wait", cwd=home, env=env)
        assert (again.returncode, "Installed for octo" in again.stdout) == (0, True), again.stdout + again.stderr
        (key,) = app.glob("*.private-key.pem")
        number, issue = key.name.partition(".")[0], f"{there['github']}/octo/{there['repo']}/issues/1"
        hand = tmp_path / "hand"
        hand.mkdir()
        by_hand = ("--github", there["github"], "--private-key-file", str(key))
        assert setup(*by_hand, "--app-id", number, cwd=hand, env=env).returncode == 0
        assert f"OTTO_PRIVATE_KEY_FILE={key}" in (hand / ".env").read_text()
        again = setup("--github", there["github"], cwd=hand, env=env)
        assert (again.returncode, "registered by hand" in again.stdout) == (0, True), again.stdout + again.stderr
        wrong = setup(*by_hand, "--app-id", "1", cwd=other, env=env)
        assert (wrong.returncode, "OTTO_APP_ID=1\n" in (other / ".env").read_text()) == (1, False)

        model = {"ANTHROPIC_BASE_URL": there["model"], "ANTHROPIC_API_KEY": "playground", "OTTO_CAGE": "scripted"}
        with command("serve", "--port", "0", cwd=home, env={**env, **model}) as serving:
            line_with(serving, '{"ready"')
            done.append("otto-bot serve")
            with Browser() as browser:
                browser.press(browser.open(issue))
            done.append("put the label on")
            labelled = time.monotonic()
            wait_for(lambda: "eyes" in json.dumps(there["state"]()["issues"]), "👀", 60)
            seen = time.monotonic()
            wait_for(lambda: there["state"]()["comments"], "the status comment", 60)
            working = time.monotonic()
        asked = [row["path"] for row in there["state"]()["requests"]]
        assert not [path for path in asked if "/app/hook" in path]
    with capsys.disabled():
        sys.stdout.write(
            f"\nsetup: {len(done)} steps; a working App after {working - begun:.0f} s, eyes {seen - labelled:.0f} s "
            "after the label\n"
        )
    assert len(done) <= STEPS
    assert working - begun < MINUTES * 60
