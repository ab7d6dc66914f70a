"""The code of the manifest flow becomes an App with its secrets: one request, which GitHub answers once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from otto_bot.github.answer import VERSION_WORDS
from otto_bot.github.host_checks import API_VERSION, check_private_key
from otto_bot.setting_up.faults import SetupError
from otto_bot.setting_up.manifest import Where
from otto_bot.text import setting_up as words

CODE_LASTS = timedelta(hours=1)
TIMEOUT = httpx.Timeout(20, connect=5)
MOST_BYTES = 1024 * 1024
CODE = re.compile(r"[A-Za-z0-9_-]{1,128}")
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.PoolTimeout)
"""GitHub has not seen the code: it can be brought again."""


class Owner(BaseModel):
    """Whose App it is."""

    model_config = ConfigDict(frozen=True)

    login: str


class Converted(BaseModel):
    """What GitHub answers, as far as it is kept."""

    model_config = ConfigDict(frozen=True)

    id: int = Field(gt=0)
    slug: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,99}$")
    name: str
    html_url: str
    owner: Owner
    client_id: str = Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")
    client_secret: SecretStr
    webhook_secret: SecretStr | None = None
    pem: SecretStr


class Conversion:
    """Exchanges codes, each once. `now` gives aware times."""

    def __init__(
        self, there: Where, now: Callable[[], datetime], transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._there, self._now, self._transport = there, now, transport
        self._begun = now()
        self._used: set[str] = set()

    async def __call__(self, code: str) -> Converted:
        """The App. Raises SetupError: used twice, expired, unknown, refused, no answer."""
        if CODE.fullmatch(code) is None:
            raise SetupError(words.NO_CODE)
        if code in self._used:
            raise SetupError(words.USED_TWICE)
        self._used.add(code)
        try:
            answer = await self._ask(code)
        except NOT_SENT as error:
            self._used.discard(code)
            raise SetupError(words.not_reached(self._there.api, type(error).__name__)) from None
        except httpx.HTTPError as error:
            raise SetupError(words.no_answer(self._there.web, type(error).__name__)) from None
        return self._read(answer)

    async def _ask(self, code: str) -> httpx.Response:
        local = urlsplit(self._there.api).hostname in ("127.0.0.1", "localhost", "::1")
        async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=not local, transport=self._transport) as client:
            url = f"{self._there.api}/app-manifests/{code}/conversions"
            plain = {"Accept": "application/vnd.github+json", "User-Agent": "otto-bot"}
            answer = await client.post(url, headers={**plain, "X-GitHub-Api-Version": API_VERSION})
            if answer.status_code in (400, 410) and VERSION_WORDS.search(answer.text):
                # An Enterprise Server that does not know our version has not looked at the code.
                answer = await client.post(url, headers=plain)
            return answer

    def _read(self, answer: httpx.Response) -> Converted:
        if answer.status_code in (404, 410):
            late = self._now() - self._begun > CODE_LASTS
            raise SetupError(words.EXPIRED if late else words.UNKNOWN_CODE)
        if answer.status_code != httpx.codes.CREATED:
            raise SetupError(words.refused(answer.status_code))
        try:
            found = Converted.model_validate_json(answer.content[:MOST_BYTES])
            check_private_key(found.pem.get_secret_value())
        except ValidationError as error:
            fields = sorted({str(item["loc"][0]) if item["loc"] else "answer" for item in error.errors()})
            raise SetupError(words.unreadable(", ".join(fields))) from None
        except ValueError:
            raise SetupError(words.unreadable("pem")) from None
        return found
