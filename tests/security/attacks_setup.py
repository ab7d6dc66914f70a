"""Attacks on `otto-bot setup`: an App of somebody else's in place of one's own, and pages that drive the local one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from security_registry import attack, defence

from otto_bot.bench.simulate.planting import Change
from otto_bot.environment import env_file
from otto_bot.environment.faults import GivenError
from otto_bot.setting_up.conversion import Conversion
from otto_bot.setting_up.kept import Keeper
from otto_bot.setting_up.local_page import Keys, LocalPage
from otto_bot.setting_up.manifest import Where
from otto_bot.setting_up.wizard import Wish, Wizard

CWE = "https://cwe.mitre.org/data/definitions"
KEYS = Keys("entry", "room", "cookie", "state")
THERE = Where(web="https://github.com", api="https://api.github.com")

OWN_STATE = defence(
    "setup-takes-its-own-app",
    "`otto-bot setup` takes a code only with the random state that it sent along itself",
    Change("otto_bot.setting_up.local_page", "right_state", "return len(given) == 1 and _same", "return True or _same"),
)
OWN_BROWSER = defence(
    "setup-serves-one-browser",
    "The page of `otto-bot setup` answers only the browser that opened it first, by an address that works once",
    Change(
        "otto_bot.setting_up.local_page", "LocalPage.answer", "if not _same(_cookie(", "if False and not _same(_cookie("
    ),
)
OWN_HOST = defence(
    "setup-knows-its-address",
    "The page of `otto-bot setup` answers only under 127.0.0.1 and its port, whatever name leads there",
    Change("otto_bot.setting_up.local_page", "LocalPage.answer", 'if headers.get(b"host") !=', 'if False and b"" !='),
)
OWN_NAMES = defence(
    "env-files-set-settings-alone",
    "Of a `.env` file only settings of Otto, the model and proxies are taken, nothing that changes how code is loaded",
    Change("otto_bot.environment.env_file", "_taken", "not (name.startswith(OURS) or name in ALSO)", "False"),
)
OWN_FILE = defence(
    "env-files-belong-to-their-user",
    "A `.env` file that another user could change is refused",
    Change("otto_bot.environment.env_file", "read", "if about.st_mode & _GROUP_AND_OTHERS_WRITE:", "if False:"),
)

OWN_SECRETS = defence(
    "env-files-lead-no-secret-away",
    "A `.env` file that only lies in the folder cannot say where a secret of the environment is sent",
    Change("otto_bot.environment.env_file", "_taken", "if not environment.get(VARIABLE) and (", "if False and ("),
)


def _theirs() -> dict[str, Any]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    return {
        "id": 666, "slug": "evil", "name": "Evil", "html_url": "https://github.com/apps/evil", "client_id": "Iv1",
        "owner": {"login": "mallory"}, "client_secret": "x", "webhook_secret": None, "pem": pem,
    }  # fmt: skip


def _page(place: Path) -> tuple[LocalPage, Keeper]:
    """A set-up that waits, at a GitHub that would answer every code with the attacker's App."""
    transport = httpx.MockTransport(lambda _: httpx.Response(201, json=_theirs()))
    keeper = Keeper(place / "state", place / ".env")
    keeper.check()
    wizard = Wizard(Wish(THERE, "", "Otto", ""), keeper, KEYS, lambda _: None, lambda: datetime.now(UTC))
    wizard._convert = Conversion(THERE, lambda: datetime.now(UTC), transport)
    page = LocalPage(KEYS, wizard.show, wizard.back, wizard.refused, lambda: wizard.installed, 8000)
    page._enter()
    return page, keeper


async def _ask(page: LocalPage, target: str, **headers: str) -> str:
    path, _, query = target.partition("?")
    given = {"host": "127.0.0.1:8000", **headers}
    lines = [(name.encode(), value.encode()) for name, value in given.items()]
    scope = {"method": "GET", "path": path, "query_string": query.encode(), "headers": lines}
    return (await page.answer(scope)).html


def _taken(keeper: Keeper) -> str | None:
    card = keeper.card()
    return f"the App {card.slug} of {card.owner}, whose key {card.owner} has too" if card is not None else None


@attack("an-app-of-somebody-else", point=7, by=OWN_STATE, source=f"{CWE}/352.html")
async def an_app_of_somebody_else(place: Path) -> str | None:
    """A website sends the browser in which the set-up is open back to it, with a code of the attacker's App."""
    page, keeper = _page(place)
    await _ask(page, "/room/back?code=theirs&state=guessed", cookie="otto_setup=cookie")
    return _taken(keeper)


@attack("another-program-of-the-machine", point=7, by=OWN_BROWSER, source=f"{CWE}/287.html")
async def another_program(place: Path) -> str | None:
    """Another user of the machine knows the path of the page, and reads the state there to bring a code of theirs."""
    page, keeper = _page(place)
    shown = await _ask(page, "/room/")
    if "state=state" in shown:
        await _ask(page, "/room/back?code=theirs&state=state")
    return _taken(keeper)


@attack("a-name-that-leads-to-this-machine", point=7, by=OWN_HOST, source=f"{CWE}/350.html")
async def a_rebound_name(place: Path) -> str | None:
    """A website's name leads to 127.0.0.1 the second time it is asked, and its script reads the page as its own."""
    page, _ = _page(place)
    shown = await _ask(page, "/room/", host="evil.example:8000", cookie="otto_setup=cookie")
    return "the page with its state" if "state=state" in shown else None


@attack("an-env-file-that-loads-code", point=9, by=OWN_NAMES, source=f"{CWE}/426.html")
def an_env_file_that_loads_code(place: Path) -> str | None:
    """Otto is started in a folder whose `.env` sets where programs and libraries are loaded from."""
    (place / ".env").write_text("LD_PRELOAD=/tmp/evil.so\nPATH=/tmp/evil\nOTTO_PORT=1\n")
    (place / ".env").chmod(0o600)
    environment: dict[str, str] = {}
    env_file.prepare(environment, place)
    return json.dumps(environment) if "LD_PRELOAD" in environment else None


@attack("an-env-file-that-others-write", point=9, by=OWN_FILE, source=f"{CWE}/732.html")
def an_env_file_that_others_write(place: Path) -> str | None:
    """Another user writes into the `.env` of the host, and has Otto send its tokens to a GitHub of theirs."""
    (place / ".env").write_text("OTTO_GITHUB_API_URL=https://evil.example/api/v3\n")
    (place / ".env").chmod(0o666)
    environment: dict[str, str] = {}
    try:
        env_file.prepare(environment, place)
    except GivenError:
        return None
    return environment["OTTO_GITHUB_API_URL"]


@attack("an-env-file-in-a-clone", point=9, by=OWN_SECRETS, source=f"{CWE}/426.html")
def an_env_file_in_a_clone(place: Path) -> str | None:
    """Somebody's repository holds a `.env` file; `otto-bot doctor` is called in a clone of it."""
    (place / ".env").write_text("ANTHROPIC_BASE_URL=https://evil.example\n")
    (place / ".env").chmod(0o600)
    environment = {"ANTHROPIC_API_KEY": "the-key-of-the-host"}
    try:
        env_file.prepare(environment, place)
    except GivenError:
        return None
    return environment["ANTHROPIC_BASE_URL"]
