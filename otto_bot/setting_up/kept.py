"""What is kept of an App that was registered: its secrets as files, a card without secrets, and lines of `.env`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from otto_bot.environment.dotenv import merged
from otto_bot.environment.env_file import read
from otto_bot.environment.faults import GivenError
from otto_bot.setting_up.conversion import Converted
from otto_bot.setting_up.faults import SetupError
from otto_bot.setting_up.manifest import Where
from otto_bot.setting_up.private_files import check_writable, private_folder, write_private
from otto_bot.text import setting_up as words

FOLDER = "github-app"
WHOLE = "answer.json"
"""Everything GitHub said, until each part of it has its file: a set-up that was cut off goes on from it."""


class Card(BaseModel):
    """An App without its secrets."""

    model_config = ConfigDict(frozen=True)

    id: int
    slug: str
    name: str
    html_url: str
    owner: str
    client_id: str
    there: Where
    webhook_url: str = ""

    @property
    def install_url(self) -> str:
        """Where it is installed on repositories; of an App that was registered by hand, where it is found."""
        if not self.slug:
            return f"{self.there.web}/settings/apps"
        mine = self.html_url.startswith(f"{self.there.web}/")
        return f"{self.html_url if mine else f'{self.there.web}/apps/{self.slug}'}/installations/new"


class Keeper:
    """Of one state folder and one `.env` file."""

    def __init__(self, state_dir: Path, env_file: Path) -> None:
        self.state_dir = state_dir.absolute()
        self.folder = self.state_dir / FOLDER
        self.env_file = env_file.absolute()

    def check(self) -> None:
        """That everything can be kept, before GitHub is asked for it. Raises SetupError."""
        if not self.state_dir.exists():
            private_folder(self.state_dir)
        private_folder(self.folder)
        check_writable(self.folder)
        if self.env_file.is_symlink():
            raise SetupError(words.a_link(str(self.env_file)))
        check_writable(self.env_file.parent)
        self.env()

    def env(self) -> dict[str, str]:
        """What the `.env` file says; empty where there is none. Raises SetupError."""
        if not self.env_file.exists():
            return {}
        try:
            return read(self.env_file)
        except GivenError as error:
            raise SetupError(str(error)) from None

    def card(self) -> Card | None:
        """The App that the `.env` file names, or the one that was kept last; None where there is none."""
        named = self.env().get("OTTO_APP_ID", "")
        if named:
            return self._card(self.folder / f"{named}.json") if named.isdecimal() else None
        cards = sorted(self.folder.glob("[0-9]*.json"), key=lambda path: path.stat().st_mtime)
        return self._card(cards[-1]) if cards else None

    def _card(self, path: Path) -> Card | None:
        try:
            return Card.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            return None

    def secret(self, number: int, what: str) -> Path:
        """The file of a secret."""
        return self.folder / f"{number}.{what}"

    def keep(self, converted: Converted, there: Where, webhook_url: str) -> Card:
        """Everything on the disk. Raises OSError; what was written till then is found again by `resumed`."""
        whole = {
            "app": json.loads(converted.model_dump_json()),
            "secrets": {
                "private-key.pem": converted.pem.get_secret_value(),
                "client-secret": converted.client_secret.get_secret_value(),
                "webhook-secret": converted.webhook_secret.get_secret_value() if converted.webhook_secret else "",
            },
            "there": there.model_dump(),
            "webhook_url": webhook_url,
        }
        write_private(self.folder / WHOLE, json.dumps(whole).encode())
        card = self.resumed()
        assert card is not None
        return card

    def resumed(self) -> Card | None:
        """Finish what was cut off after GitHub's answer; None where nothing was. Raises OSError, SetupError."""
        path = self.folder / WHOLE
        if not path.exists():
            return None
        try:
            whole = json.loads(path.read_bytes())
            app = whole["app"]
            card = Card(
                id=app["id"], slug=app["slug"], name=app["name"], html_url=app["html_url"],
                owner=app["owner"]["login"], client_id=app["client_id"], there=Where(**whole["there"]),
                webhook_url=whole["webhook_url"],
            )  # fmt: skip
            parts: Mapping[str, str] = whole["secrets"]
        except (ValueError, KeyError, TypeError):
            raise SetupError(words.torn(str(path))) from None
        for what, value in parts.items():
            if value:
                write_private(self.secret(card.id, what), value.encode())
        write_private(self.folder / f"{card.id}.json", card.model_dump_json(indent=1).encode())
        path.unlink()
        return card

    def settings(self, card: Card) -> dict[str, str]:
        """The lines of `.env` for an App whose secrets are here."""
        found = {
            "OTTO_APP_ID": str(card.id),
            "OTTO_PRIVATE_KEY_FILE": str(self.secret(card.id, "private-key.pem")),
            "OTTO_CLIENT_ID": card.client_id,
            "OTTO_CLIENT_SECRET_FILE": str(self.secret(card.id, "client-secret")),
            **addresses(card.there),
            "OTTO_STATE_DIR": str(self.state_dir),
        }
        if card.webhook_url:
            found["OTTO_WEBHOOK_SECRET_FILE"] = str(self.secret(card.id, "webhook-secret"))
        else:
            found |= {"OTTO_POLL": "true", "OTTO_PAGES": "local"}
        return found

    def write_env(self, values: Mapping[str, str], name: str) -> None:
        """These lines in the `.env` file, everything else in it as it was. Raises OSError; SetupError where it is the
        file of another App."""
        before = self.env().get("OTTO_APP_ID", "")
        if before and before != values["OTTO_APP_ID"]:
            raise SetupError(words.another_app(str(self.env_file), before))
        text = self.env_file.read_text(encoding="utf-8") if self.env_file.exists() else ""
        # A secret that stands in the file itself would count more than the file that is named now.
        inline = [variable.removesuffix("_FILE") for variable in values if variable.endswith("_FILE")]
        try:
            new = merged(text, values, drop=inline, heading=words.heading(name))
        except GivenError as error:
            raise SetupError(str(error)) from None
        if text and new != text:
            write_private(_unused(self.env_file), text.encode())  # a line that is replaced may be the only key
        if new != text or self.env_file.stat().st_mode & 0o077:
            write_private(self.env_file, new.encode())


def _unused(path: Path) -> Path:
    """A name beside it that no file has."""
    names = (path.with_name(f"{path.name}.before-{number}") for number in range(1, 1_000_000))
    return next(name for name in names if not name.exists())


def addresses(there: Where) -> dict[str, str]:
    """The lines that say which GitHub it is; none for github.com."""
    if there.api == "https://api.github.com":
        return {}
    found = {"OTTO_GITHUB_API_URL": there.api}
    if not there.api.endswith("/api/v3"):
        found["OTTO_GITHUB_WEB_URL"] = there.web
    return found
