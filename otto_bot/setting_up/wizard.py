"""One call of `otto-bot setup`: what is there already, the page or the terminal, the App, its installation, the end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from otto_bot.environment.env_file import prepare
from otto_bot.environment.faults import GivenError
from otto_bot.environment.forms import secret
from otto_bot.setting_up.asking import Asking
from otto_bot.setting_up.conversion import Conversion, Converted
from otto_bot.setting_up.faults import SetupError
from otto_bot.setting_up.kept import Card, Keeper
from otto_bot.setting_up.local_page import Keys, Shown, as_json, right_state
from otto_bot.setting_up.manifest import Where, app_yml, form_url, manifest
from otto_bot.settings import SettingsError, read_settings
from otto_bot.text import setting_up as words
from otto_bot.text import setup_page as pages

LOOK_SECONDS = 3.0
"""Between two looks whether the App is installed."""


class Wish(NamedTuple):
    """What the command line asks for, checked."""

    there: Where
    organization: str
    name: str
    webhook_url: str


class Wizard:
    """Knows how far it is, and makes the page of it. `say` writes a line to the terminal."""

    def __init__(
        self, wish: Wish, keeper: Keeper, keys: Keys, say: Callable[[str], None], now: Callable[[], datetime]
    ) -> None:
        self._wish, self._keeper, self._keys, self._say, self._now = wish, keeper, keys, say, now
        self._convert = Conversion(wish.there, now)
        self._converted: Converted | None = None
        self._problem = ""
        self._card: Card | None = None
        self._accounts: tuple[str, ...] = ()
        self.registered = asyncio.Event()
        self.told = asyncio.Event()
        """The page has shown the end."""
        self.redirect_url = ""

    def begin(self) -> bool:
        """Whether an App is there already, or was found half kept. Raises SetupError."""
        self._keeper.check()
        try:
            half = self._keeper.resumed()
            self._card = half or self._keeper.card()
            if half is not None:
                self._say(words.goes_on(half.name))
            if self._card is None:
                self._card = self._by_hand()
                return self._card is not None
            if half is not None or not self._keeper.env().get("OTTO_APP_ID"):
                self._keeper.write_env(self._keeper.settings(self._card), self._card.name)
        except OSError as error:
            raise SetupError(words.not_written(str(self._keeper.folder), error.strerror or "")) from None
        self._say(words.here_already(self._card.name, self._card.id, str(self._keeper.folder)))
        return True

    def _by_hand(self) -> Card | None:
        """The App of the `.env` file, of which nothing is kept here. Raises SetupError where its settings are wrong."""
        number = self._keeper.env().get("OTTO_APP_ID", "")
        if not number:
            return None
        try:
            settings = read_settings(_environment(os.environ, self._keeper.env_file))
        except (SettingsError, GivenError) as error:
            raise SetupError(str(error)) from None
        self._say(words.by_hand(settings.app_id, str(self._keeper.env_file)))
        there = Where(web=settings.web_url, api=settings.github_api_url)
        return Card(id=settings.app_id, slug="", name="", html_url="", owner="", client_id="", there=there)

    @property
    def unkept(self) -> bool:
        """GitHub has answered, and it could not be written: this process has the only key."""
        return self._converted is not None and self._card is None

    @property
    def installed(self) -> bool:
        """Somebody has installed the App."""
        return bool(self._accounts)

    def form(self, problem: str = "") -> str:
        """The page with the button that leads to GitHub."""
        wish = self._wish
        asked = manifest(wish.name, self.redirect_url, wish.webhook_url)
        action = form_url(wish.there, wish.organization, self._keys.state)
        how = pages.HOW_WEBHOOK if wish.webhook_url else pages.HOW_POLL
        return pages.begin(action, as_json(asked), wish.organization, app_yml()["default_permissions"], how, problem)

    def show(self) -> str:
        """The page as things stand."""
        if self.unkept:
            self._keep()
        if self._card is None:
            return pages.trouble(self._problem, again=True) if self._converted is not None else self.form(self._problem)
        if not self._accounts:
            return pages.install(self._card.name, self._card.install_url, str(self._keeper.env_file))
        self.told.set()
        return pages.done(self._accounts, self._steps())

    def refused(self) -> str:
        """The page for a state that is not ours; nothing was taken over."""
        return self.form(words.WRONG_STATE) if self._converted is None else pages.trouble(words.WRONG_STATE)

    async def back(self, code: str) -> Shown:
        """A code whose state was right."""
        if self._converted is not None:
            return Shown(303, to="/")  # the same address once more: what came of it is shown
        try:
            self._converted = await self._convert(code)
        except SetupError as error:
            return Shown(400, pages.trouble(str(error)))
        self._keep()
        return Shown(303, to="/")

    async def pasted(self, address: str) -> None:
        """The address that GitHub sent a browser on another machine to. Raises SetupError."""
        given = parse_qs(urlsplit(address.strip()).query, keep_blank_values=True)
        codes, states = given.get("code", []), given.get("state", [])
        if len(codes) != 1 or not states:
            raise SetupError(words.NO_STATE)
        if not right_state(states, self._keys.state):
            raise SetupError(words.WRONG_STATE)
        self._converted = await self._convert(codes[0])
        self._keep()
        if self._card is None:
            raise SetupError(self._problem)

    def _keep(self) -> None:
        assert self._converted is not None
        try:
            card = self._keeper.keep(self._converted, self._wish.there, self._wish.webhook_url)
            self._keeper.write_env(self._keeper.settings(card), card.name)
        except OSError as error:
            self._problem = words.not_kept(str(self._keeper.state_dir), error.strerror or type(error).__name__)
            self._say(self._problem)
            return
        except SetupError as error:
            self._problem = str(error)
            self._say(self._problem)
            return
        self._card, self._problem = card, ""
        self._say(words.created(card.name, card.id, str(self._keeper.folder), str(self._keeper.env_file)))
        self.registered.set()

    async def until_installed(self, *, wait: bool = True) -> bool:
        """Say where to install it, look until it is, and say what to type then. False where it is not yet."""
        assert self._card is not None
        found = secret(_environment(os.environ, self._keeper.env_file), "OTTO_PRIVATE_KEY")
        asking = Asking(self._card.there, self._card.id, found or "", self._now)
        self._accounts = await asking.accounts()
        if not self._accounts:
            self._say(words.install(self._card.install_url))
            self._say(words.LOOKING if wait else "")
        while wait and not self._accounts:
            await asyncio.sleep(LOOK_SECONDS)
            with suppress(SetupError):  # said once, at first; a network may come back
                self._accounts = await asking.accounts()
        if self._accounts:
            self._say(words.installed(self._accounts))
        for line in (*self._problems(), *self._steps()):
            self._say(line)
        return bool(self._accounts)

    def _steps(self) -> tuple[str, ...]:
        settings = _environment(os.environ, self._keeper.env_file)
        model = any(settings.get(name) for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"))
        return tuple(words.next_steps(polls="OTTO_POLL" in settings, model=model))

    def _problems(self) -> tuple[str, ...]:
        """What would keep `otto-bot serve` from starting."""
        try:
            read_settings(_environment(os.environ, self._keeper.env_file))
        except (SettingsError, GivenError) as error:
            return (str(error),)
        return ()


def _environment(environment: Mapping[str, str], env_file: Path) -> dict[str, str]:
    """What `otto-bot serve` would read in this folder."""
    found = {**environment, "OTTO_ENV_FILE": str(env_file)}
    prepare(found, env_file.parent)
    return found
