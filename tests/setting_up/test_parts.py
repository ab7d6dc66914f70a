"""The parts of `otto-bot setup`: addresses, the manifest, what a code buys, what is kept, and where."""

from __future__ import annotations

import json
import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from otto_bot.cli import main
from otto_bot.github.verbs import APP_PERMISSIONS
from otto_bot.setting_up.conversion import Conversion, Converted
from otto_bot.setting_up.faults import SetupError
from otto_bot.setting_up.kept import WHOLE, Keeper
from otto_bot.setting_up.local_page import Keys
from otto_bot.setting_up.manifest import (
    Where,
    checked_name,
    checked_organization,
    checked_webhook,
    form_url,
    manifest,
    prefilled_url,
    where,
)  # fmt: skip
from otto_bot.setting_up.options import has_display
from otto_bot.setting_up.wizard import Wish, Wizard
from otto_bot.text import setting_up as words

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
PUBLIC = Where(web="https://github.com", api="https://api.github.com")
KEYS = Keys("entry", "room", "cookie", "state")
OTHERS = "client_id, html_url, name, owner, pem, slug"
Answer = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("given", "web", "api"),
    [
        ("https://github.com", "https://github.com", "https://api.github.com"),
        ("https://GitHub.com/", "https://github.com", "https://api.github.com"),
        ("https://acme.ghe.com", "https://acme.ghe.com", "https://api.acme.ghe.com"),
        ("https://git.acme.example", "https://git.acme.example", "https://git.acme.example/api/v3"),
        ("http://127.0.0.1:99", "http://127.0.0.1:99", "http://127.0.0.1:99/api/v3"),
    ],
)
def test_addresses_of_github(given: str, web: str, api: str) -> None:
    assert where(given) == Where(web=web, api=api)


@pytest.mark.parametrize(
    "given",
    ["", "github.com", "http://git.acme.example", "https://me:pw@github.com", "https://git.acme.example/api/v3",
     "https://github.com?x=1", "https://[", "ftp://github.com", "https://github.com:x"],
)  # fmt: skip
def test_what_is_no_github(given: str) -> None:
    with pytest.raises(ValueError, match="--github"):
        where(given)


@pytest.mark.parametrize(
    ("check", "given"),
    [
        (checked_organization, "a/b"), (checked_organization, "-a"), (checked_organization, "a" * 40),
        (checked_name, " "), (checked_name, "x" * 35), (checked_name, "a\x00b"),
        (checked_webhook, "http://otto.example"), (checked_webhook, "https://127.0.0.1/x"), (checked_webhook, "otto"),
    ],
)  # fmt: skip
def test_what_github_would_not_take(check: Callable[[str], str], given: str) -> None:
    with pytest.raises(ValueError, match="--"):
        check(given)


def test_the_manifest_is_app_yml_and_has_a_hook_only_with_an_address() -> None:
    plain = manifest("Otto", "http://127.0.0.1:1/back")
    assert (plain["default_permissions"], plain["public"]) == (APP_PERMISSIONS, False)
    assert "hook_attributes" not in plain
    hooked = manifest("Otto", "http://127.0.0.1:1/back", checked_webhook("https://otto.example"))
    assert hooked["hook_attributes"] == {"url": "https://otto.example/webhooks/github", "active": True}
    assert hooked["callback_urls"] == ["http://127.0.0.1/login/callback", "https://otto.example/login/callback"]


def test_the_link_for_registering_by_hand_has_everything_filled_in() -> None:
    link = urlsplit(prefilled_url(PUBLIC, "acme", "Otto"))
    fields = parse_qsl(link.query)
    assert link.path == "/organizations/acme/settings/apps/new"
    assert dict(fields).items() >= {**APP_PERMISSIONS, "webhook_active": "false", "public": "false"}.items()
    assert {value for name, value in fields if name == "events[]"} == set(manifest("x", "y")["default_events"])
    assert form_url(PUBLIC, "", "s t") == "https://github.com/settings/apps/new?state=s+t"


def conversion(replies: list[Any], now: Callable[[], datetime] = lambda: NOW) -> Conversion:
    def reply(request: httpx.Request) -> httpx.Response:
        assert request.method == "POST"
        assert "authorization" not in request.headers
        one = replies.pop(0)
        if isinstance(one, Exception):
            raise one
        return one if isinstance(one, httpx.Response) else httpx.Response(201, json=one)

    return Conversion(PUBLIC, now, httpx.MockTransport(reply))


async def test_each_failure_of_a_code_has_its_words(answer: Answer) -> None:
    late = iter([NOW, NOW + timedelta(minutes=61)])
    wrong = answer(pem="-----BEGIN no key-----s3cret")
    for convert, code, said in (
        (conversion([]), "", words.NO_CODE),
        (conversion([]), "../../user", words.NO_CODE),
        (conversion([httpx.Response(404)]), "c", words.UNKNOWN_CODE),
        (conversion([httpx.Response(404)], lambda: next(late)), "c", words.EXPIRED),
        (conversion([httpx.Response(500)]), "c", words.refused(500)),
        (conversion([httpx.ConnectError("x")]), "c", words.not_reached(PUBLIC.api, "ConnectError")),
        (conversion([httpx.ReadTimeout("x")]), "c", words.no_answer(PUBLIC.web, "ReadTimeout")),
        (conversion([httpx.Response(201, text="<html>")]), "c", words.unreadable("answer")),
        (conversion([{"id": 1, "client_secret": "s3cret"}]), "c", words.unreadable(OTHERS)),
        (conversion([wrong]), "c", words.unreadable("pem")),
    ):  # fmt: skip
        with pytest.raises(SetupError) as caught:
            await convert(code)
        assert str(caught.value) == said
        assert "s3cret" not in said


async def test_a_code_is_sent_once_unless_it_never_left(answer: Answer) -> None:
    convert = conversion([httpx.ConnectError("x"), answer()])
    with pytest.raises(SetupError):
        await convert("c")
    assert (await convert("c")).slug == "otto-acme"
    with pytest.raises(SetupError, match="used already"):
        await convert("c")


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def kept(place: Path, answer: dict[str, Any], hook: str = "") -> Keeper:
    keeper = Keeper(place / "state", place / ".env")
    keeper.check()
    card = keeper.keep(Converted.model_validate(answer), PUBLIC, hook)
    keeper.write_env(keeper.settings(card), card.name)
    return keeper


def test_secrets_are_files_of_their_owner_and_env_names_them(answer: Answer, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DJANGO=1\n")
    keeper = kept(tmp_path, answer(webhook_secret="hook-s3cret"), "https://otto.example/hook")

    assert {stat.S_IMODE(path.stat().st_mode) for path in (keeper.state_dir, keeper.folder)} == {0o700}
    assert set(modes(keeper.folder).values()) == {0o600}
    assert set(modes(keeper.folder)) == {"77.json", "77.private-key.pem", "77.client-secret", "77.webhook-secret"}
    assert keeper.secret(77, "webhook-secret").read_text() == "hook-s3cret"
    text = (tmp_path / ".env").read_text()
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert text.startswith("DJANGO=1\n")
    assert "OTTO_POLL" not in text
    assert "s3cret" not in text + (keeper.folder / "77.json").read_text()
    card = keeper.card()
    assert card is not None
    assert card.install_url == "https://github.com/apps/otto-acme/installations/new"


def test_another_apps_file_is_left_as_it_is(answer: Answer, tmp_path: Path) -> None:
    keeper = kept(tmp_path, answer())
    before = (tmp_path / ".env").read_text()
    with pytest.raises(SetupError, match="sets up the App 77"):
        keeper.write_env({"OTTO_APP_ID": "78"}, "Other")
    assert (tmp_path / ".env").read_text() == before


def test_a_line_that_is_replaced_is_kept_beside(answer: Answer, tmp_path: Path) -> None:
    """It may be the only key."""
    (tmp_path / ".env").write_text("OTTO_PRIVATE_KEY='the only one'\n")
    (tmp_path / ".env").chmod(0o600)
    kept(tmp_path, answer())
    assert "the only one" not in (tmp_path / ".env").read_text()
    assert (tmp_path / ".env.before-1").read_text() == "OTTO_PRIVATE_KEY='the only one'\n"
    assert stat.S_IMODE((tmp_path / ".env.before-1").stat().st_mode) == 0o600


def test_what_was_cut_off_goes_on_from_githubs_answer(answer: Answer, tmp_path: Path) -> None:
    keeper = kept(tmp_path, answer())
    whole = {
        "app": {key: value for key, value in answer(id=78).items() if "secret" not in key and key != "pem"},
        "secrets": {"private-key.pem": answer()["pem"], "client-secret": "c", "webhook-secret": ""},
        "there": PUBLIC.model_dump(), "webhook_url": "",
    }  # fmt: skip
    (keeper.folder / WHOLE).write_text(json.dumps(whole))
    card = keeper.resumed()
    assert card is not None
    assert card.id == 78
    assert keeper.secret(78, "private-key.pem").read_text() == answer()["pem"]
    assert keeper.secret(77, "private-key.pem").exists()
    assert keeper.resumed() is None
    (keeper.folder / WHOLE).write_text("{torn")
    with pytest.raises(SetupError, match="keep it"):
        keeper.resumed()
    assert (keeper.folder / WHOLE).exists()


@pytest.mark.parametrize("odd", ["a file", "a link", "below a file", "a linked .env", "a strange .env"])
def test_a_place_that_cannot_be_used_is_named_before_github_is_asked(odd: str, tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "state", tmp_path / ".env")
    if odd == "a file":
        (tmp_path / "state").mkdir()
        keeper.folder.write_text("")
    elif odd == "a link":
        (tmp_path / "state").mkdir()
        (tmp_path / "else").mkdir()
        keeper.folder.symlink_to(tmp_path / "else")
    elif odd == "below a file":
        (tmp_path / "state").write_text("")
    elif odd == "a linked .env":
        (tmp_path / ".env").symlink_to(tmp_path / "else")
    else:
        (tmp_path / ".env").write_text("what is this")
    with pytest.raises(SetupError) as caught:
        keeper.check()
    assert str(tmp_path) in str(caught.value)


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process grows."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("way", ["page", "paste"])
async def test_a_full_disk_costs_no_key(way: str, answer: Answer, tmp_path: Path) -> None:
    """Before GitHub is asked it is said; afterwards the key is held until there is room."""
    said: list[str] = []
    keeper = Keeper(tmp_path / "state", tmp_path / ".env")
    wizard = Wizard(Wish(PUBLIC, "acme", "Otto", ""), keeper, KEYS, said.append, lambda: NOW)
    keeper.check()
    wizard._convert = conversion([answer()])
    with full_disk():
        with pytest.raises(SetupError, match="cannot be written: File too large"):
            keeper.check()
        if way == "page":
            await wizard.back("c")
        else:
            with pytest.raises(SetupError, match="Do not end"):
                await wizard.pasted("http://127.0.0.1/back?code=c&state=state")
        assert "Do not end" in wizard.show()
        assert wizard.unkept
    assert "Install the App" in wizard.show()
    assert keeper.secret(77, "private-key.pem").read_text() == answer()["pem"]
    assert wizard.registered.is_set()
    assert not any("s3cret" in one for one in said)


async def test_what_is_pasted_needs_its_state_too(answer: Answer, tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "state", tmp_path / ".env")
    wizard = Wizard(Wish(PUBLIC, "acme", "Otto", ""), keeper, KEYS, lambda _: None, lambda: NOW)
    wizard._convert = conversion([answer()])
    keeper.check()
    for address, said in (
        ("c0de", words.NO_STATE), ("http://127.0.0.1/back?code=c", words.NO_STATE),
        ("http://127.0.0.1/back?code=c&state=other", words.WRONG_STATE),
    ):  # fmt: skip
        with pytest.raises(SetupError) as caught:
            await wizard.pasted(address)
        assert str(caught.value) == said
    await wizard.pasted(" http://127.0.0.1/back?code=c&state=state \n")
    assert keeper.card() is not None


@pytest.mark.parametrize(
    ("environment", "platform", "has"),
    [
        ({"DISPLAY": ":0"}, "linux", True), ({"WAYLAND_DISPLAY": "w"}, "linux", True), ({}, "linux", False),
        ({}, "darwin", True), ({"DISPLAY": ":0", "SSH_CONNECTION": "x"}, "linux", False),
        ({"SSH_TTY": "x"}, "darwin", False),
    ],
)  # fmt: skip
def test_whether_a_browser_opens_here(environment: dict[str, str], platform: str, has: bool) -> None:
    assert has_display(environment, platform) is has


@pytest.mark.parametrize(
    "wrong", [["--github", "x"], ["--organization", "a/b"], ["--app-id", "1"], ["--name", "x" * 40]]
)
def test_wrong_usage_is_said(
    wrong: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["setup", *wrong]) == 2
    assert "--" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


async def test_a_server_that_does_not_know_our_version_of_the_api_is_asked_without_one(answer: Answer) -> None:
    """It has not looked at the code yet."""
    older = httpx.Response(400, json={"message": 'This API version is not supported. "2022-11-28" (most recent)'})

    assert (await conversion([older, answer()])("c")).id == answer()["id"]
