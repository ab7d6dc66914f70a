"""Pages are shown at the very machine only, with headers that keep them there; strangers read why, at no cost."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from otto_bot.web.access import host_of, local
from otto_bot.web.reach import loopback

HOSTS = {
    "127.0.0.1": "127.0.0.1",
    "127.0.0.1:8080": "127.0.0.1",
    "localhost:1": "localhost",
    "LOCALHOST": "LOCALHOST",
    "[::1]:8080": "::1",
    "[::1]": "::1",
    "[::1": "",
    "[::1]x": "",
    "a:b:c": "",
    "localhost:": "",
    "": "",
    "evil.example": "evil.example",
}


def test_a_host_header_is_read_without_its_port() -> None:
    assert {header: host_of(header) for header in HOSTS} == HOSTS


def test_only_this_machine_is_loopback() -> None:
    for name in ("127.0.0.1", "127.9.9.9", "::1", "localhost", "LocalHost"):
        assert loopback(name), name
    for name in ("", "0.0.0.0", "::", "10.0.0.1", "localhost.evil.example", "127.0.0.1.nip.io", "evil", "2130706433"):
        assert not loopback(name), name


@pytest.mark.parametrize(
    ("bound", "client", "hosts", "forwarded", "old", "seen"),
    [
        ("127.0.0.1", "127.0.0.1", ["127.0.0.1:8080"], False, False, True),
        ("localhost", "::1", ["localhost:8080"], False, False, True),
        ("127.0.0.1", None, ["[::1]:8080"], False, False, True),
        ("0.0.0.0", "127.0.0.1", ["127.0.0.1:8080"], False, False, False),
        ("127.0.0.1", "10.0.0.9", ["127.0.0.1:8080"], False, False, False),
        ("127.0.0.1", "127.0.0.1", ["rebound.example:8080"], False, False, False),
        ("127.0.0.1", "127.0.0.1", [], False, False, False),
        ("127.0.0.1", "127.0.0.1", ["localhost", "evil.example"], False, False, False),
        ("127.0.0.1", "127.0.0.1", ["127.0.0.1"], True, False, False),
        ("127.0.0.1", "127.0.0.1", ["127.0.0.1"], False, True, False),
    ],
)
def test_who_sees_pages(
    bound: str, client: str | None, hosts: list[str], forwarded: bool, old: bool, seen: bool
) -> None:
    assert local(bound, client, hosts, forwarded=forwarded, old=old) is seen


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "rebound.example"},
        {"host": "127.0.0.1.nip.io:8080"},
        {"x-forwarded-for": "203.0.113.7"},
        {"via": "1.1 proxy"},
        {"forwarded": "for=203.0.113.7"},
    ],
)
async def test_a_stranger_reads_why_and_nothing_else(host: Any, headers: dict[str, str]) -> None:
    host.at_gate()

    for place in ("/", "/runs/1", "/runs/1/tasks/t1", "/runs/1/gates/1", "/health", "/runs/99"):
        answer = await host.http.get(place, headers=headers)
        assert answer.status_code == 403
        assert "a login with GitHub is needed" in answer.text
        assert "octo" not in answer.text
        assert answer.headers["cache-control"] == "no-store"


async def test_a_host_that_listens_elsewhere_shows_no_page(make_host: Any) -> None:
    for bound in ("0.0.0.0", "192.0.2.1", "::"):
        made = make_host(bound)
        async with made.http:
            assert (await made.http.get("/")).status_code == 403
            assert (await made.http.get("/healthz")).status_code == 200
        made.engine.dispose()


async def test_every_page_forbids_foreign_scripts_frames_and_keeping(host: Any) -> None:
    host.executing()

    for place, status in {"/": 200, "/runs/1": 200, "/runs/77": 404, "/health": 200}.items():
        answer = await host.http.get(place)
        assert answer.status_code == status
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "same-origin")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers


async def test_pages_only_read(host: Any) -> None:
    host.executing()

    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert (await host.http.request(method, "/runs/1")).status_code == 405


def test_receiving_webhooks_loads_nothing_of_the_pages() -> None:
    """A host that nobody looks at stays as small as it was."""
    code = (
        "import sys, otto_bot.app\n"
        "heavy = {'jinja2', 'markupsafe', 'otto_bot.core.machine', 'otto_bot.web.site', 'otto_bot.github.client'}\n"
        "print(sorted((heavy | {'otto_bot.web.logs.desk', 'otto_bot.web.diff_desk', 'httpx'}) & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_who_is_not_logged_in_loads_nothing_of_github() -> None:
    """Also the link to the login, and a session that is none."""
    code = (
        "import asyncio, sys, httpx, tempfile\n"
        "from pathlib import Path\n"
        "from pydantic import SecretStr\n"
        "from otto_bot.app import build_app\n"
        "from otto_bot.settings import Settings\n"
        "async def look(place):\n"
        "    settings = Settings(app_id=1, private_key='k', webhook_secret=('s',), state_dir=Path(place),\n"
        "                        client_id='c', client_secret='0123456789abcdef', public_url='https://otto.example.org')\n"
        "    transport = httpx.ASGITransport(build_app(settings, lambda: True))\n"
        "    async with httpx.AsyncClient(transport=transport, base_url='https://otto.example.org') as http:\n"
        "        http.cookies.set('__Host-otto', 'x', domain='otto.example.org')\n"
        "        print([(await http.get(path)).status_code for path in ('/', '/login', '/login/callback')])\n"
        "with tempfile.TemporaryDirectory() as place:\n"
        "    asyncio.run(look(place))\n"
        "print(sorted({'githubkit', 'jinja2', 'otto_bot.github.client', 'otto_bot.web.site'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "[401, 303, 400]\n[]\n"), done.stderr
