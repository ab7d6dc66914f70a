"""The command `setup`, as the command line knows it."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
import webbrowser
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

EXIT_NOT_DONE, EXIT_USAGE = 1, 2
UNKEPT_SECONDS = 5.0
DESCRIPTION = """\
Register Otto as a GitHub App and write its settings: a page on this machine leads to GitHub and back. Secrets become
files below the state folder, settings lines of `.env` in this folder. Call it again whenever it was cut off.

exit code: 0 the App is there and installed; 1 not yet, and the message says why; 2 wrong usage."""


def add_parser(commands: Any) -> None:
    """Register the command."""
    setup = commands.add_parser(
        "setup",
        help="register the GitHub App and write the settings",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    setup.add_argument("--organization", default="", metavar="ORG", help="whose App it shall be [your own]")
    setup.add_argument(
        "--github", default="https://github.com", metavar="URL", help="GitHub's address, of a server too"
    )
    setup.add_argument("--name", default="", help="the App's name, which nobody on GitHub has yet [Otto and a number]")
    setup.add_argument("--webhook-url", default="", metavar="URL", help="receive webhooks there, instead of asking")
    setup.add_argument("--state-dir", type=Path, metavar="DIR", help="state folder [OTTO_STATE_DIR, or ./state]")
    setup.add_argument("--port", type=int, metavar="N", help="of the page on 127.0.0.1 [any free one]")
    setup.add_argument("--headless", action="store_true", help="without a browser on this machine")
    setup.add_argument("--no-wait", action="store_true", help="do not wait until it is installed")
    setup.add_argument("--app-id", type=int, metavar="N", help="an App that was registered by hand: its number")
    setup.add_argument("--private-key-file", type=Path, metavar="FILE", help="and its private key")
    setup.add_argument("--webhook-secret-file", type=Path, metavar="FILE", help="and its webhook secret, if it has one")
    setup.set_defaults(run=_setup)


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a browser can open here, and its user sits here."""
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        return False
    return platform == "darwin" or bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def _now() -> datetime:
    return datetime.now(UTC)


def _setup(options: argparse.Namespace) -> int:
    import asyncio  # the parser of every command comes by here: `explain` does without

    from otto_bot.environment.faults import GivenError
    from otto_bot.setting_up.faults import SetupError

    try:
        return asyncio.run(_run(options))
    except (SetupError, GivenError) as error:
        print(f"otto-bot setup: {error}", file=sys.stderr)  # noqa: T201
        return EXIT_NOT_DONE
    except UsageError as error:
        print(f"otto-bot setup: {error}", file=sys.stderr)  # noqa: T201
        return EXIT_USAGE


class UsageError(Exception):
    """What was given cannot be meant."""


async def _run(options: argparse.Namespace) -> int:
    from otto_bot.discretion import shut
    from otto_bot.setting_up.kept import Keeper
    from otto_bot.setting_up.local_page import Keys, LocalPage
    from otto_bot.setting_up.serving import with_page
    from otto_bot.setting_up.wizard import Wizard

    shut()
    wish = _wish(options)
    env_file = Path.cwd() / ".env"
    keeper = Keeper(_state_dir(options, env_file), env_file)
    if options.app_id or options.private_key_file:
        return await _by_hand(options, wish, keeper)
    keys = Keys.made(lambda: secrets.token_urlsafe(32))
    wizard = Wizard(wish, keeper, keys, _say, _now)
    if wizard.begin():
        return 0 if await wizard.until_installed(wait=not options.no_wait) else EXIT_NOT_DONE
    display = has_display(os.environ, sys.platform)
    if options.headless or not (display or options.port is not None):
        if not options.headless:
            _say(_words().NO_DISPLAY)
        return await _headless(options, wish, keeper, wizard, keys)
    page = LocalPage(keys, wizard.show, wizard.back, wizard.refused, lambda: wizard.installed)
    opens, wait = webbrowser.open if display else None, not options.no_wait
    await with_page(wizard, page, options.port or 0, opens, keeper.folder, _say, wait=wait)
    return 0 if wizard.installed else EXIT_NOT_DONE


def _words() -> Any:
    from otto_bot.text import setting_up

    return setting_up


def _wish(options: argparse.Namespace) -> Any:
    from otto_bot.setting_up.manifest import checked_name, checked_organization, checked_webhook, where
    from otto_bot.setting_up.wizard import Wish

    try:
        organization = checked_organization(options.organization) if options.organization else ""
        default = f"Otto {organization}"[:27].rstrip() + f" {secrets.token_hex(3)}"
        return Wish(
            where(options.github),
            organization,
            checked_name(options.name or default),
            checked_webhook(options.webhook_url) if options.webhook_url else "",
        )
    except ValueError as error:
        raise UsageError(str(error)) from None


def _state_dir(options: argparse.Namespace, env_file: Path) -> Path:
    """As it is given; else where `otto-bot serve` in this folder would have it."""
    from otto_bot.environment.env_file import prepare

    if options.state_dir is not None:
        return Path(options.state_dir)
    environment = dict(os.environ)
    prepare(environment, env_file.parent)
    return Path(environment.get("OTTO_STATE_DIR") or "state")


async def _headless(options: argparse.Namespace, wish: Any, keeper: Any, wizard: Any, keys: Any) -> int:
    import asyncio

    from otto_bot.setting_up.faults import SetupError
    from otto_bot.setting_up.manifest import prefilled_url
    from otto_bot.setting_up.private_files import write_private

    words = _words()
    wizard.redirect_url = f"http://127.0.0.1:{options.port or 8271}/{keys.room}/back"
    form = keeper.folder / "register.html"
    write_private(form, wizard.form().encode())
    link = prefilled_url(wish.there, wish.organization, wish.name, wish.webhook_url)
    for line in words.headless(str(form), link, "127.0.0.1"):
        _say(line)
    try:
        while True:
            address = await asyncio.to_thread(_ask, words.PASTE)
            try:
                await wizard.pasted(address)
            except SetupError as error:
                _say(str(error))
                while wizard.unkept:
                    await asyncio.to_thread(_wait, words.ENTER)
                    wizard.show()
            if wizard.registered.is_set():
                break
    finally:
        form.unlink(missing_ok=True)
    return 0 if await wizard.until_installed(wait=not options.no_wait) else EXIT_NOT_DONE


def _wait(prompt: str) -> None:
    """For a person; where there is none, for a while: only this process has the App's key."""
    try:
        input(prompt)
    except EOFError:
        time.sleep(UNKEPT_SECONDS)


def _ask(prompt: str) -> str:
    from otto_bot.setting_up.faults import SetupError

    try:
        return input(prompt)
    except EOFError:
        raise SetupError(_words().NO_STATE) from None


async def _by_hand(options: argparse.Namespace, wish: Any, keeper: Any) -> int:
    from otto_bot.setting_up.by_hand import by_hand

    if not (options.app_id and options.app_id > 0 and options.private_key_file):
        raise UsageError(_words().TWICE)
    key, hook = options.private_key_file.absolute(), options.webhook_secret_file
    return await by_hand(wish, keeper, options.app_id, key, hook and hook.absolute(), _say, _now)
