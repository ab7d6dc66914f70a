"""The stand-in for GitHub as a server on this machine, with an App that people can log in by."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from otto_bot.playground.github.config import StandInConfig
from otto_bot.playground.github.server import StandIn, build
from otto_bot.playground.listening import listener

CLIENT_SECRET = "0123456789abcdef0123456789abcdef01234567"
PEOPLE = {"maria": "admin", "wilma": "write", "rob": "read", "olga": "none"}


@dataclass
class GitHub:
    """A running stand-in."""

    stand_in: StandIn
    url: str

    @property
    def world(self) -> Any:
        return self.stand_in.hub.world

    @property
    def client_id(self) -> str:
        return str(self.world.config.app.client_id)

    def agree(self, authorize: str, login: str, **changes: str) -> httpx.URL:
        """A person opens GitHub's page and chooses who they are; where their browser is sent back to."""
        with httpx.Client(trust_env=False) as browser:
            page = browser.get(authorize, headers={"accept": "text/html"})
            assert page.status_code == 200, page.text
            assert f"Continue as <b>{login}</b>" in page.text
            asked = httpx.URL(authorize)
            there = asked.copy_with(path="/login/oauth/authorize/as").copy_merge_params({"login": login, **changes})
            answer = browser.get(there, headers={"accept": "text/html"})
        assert answer.status_code == 302
        return httpx.URL(answer.headers["location"])

    def tokens(self) -> list[str]:
        """The living tokens of people."""
        return [token.value for token in self.world.user_tokens.values() if not token.revoked]


def key() -> str:
    """PEM of a new App."""
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(*form).decode()


@contextmanager
def github_server(folder: Path, **app: Any) -> Iterator[GitHub]:
    """Serves one, in a thread."""
    config = StandInConfig.model_validate(
        {
            "state_dir": folder / "github",
            "private": True,
            "maintainer": "maria",
            "app": {
                "private_key_pem": key(),
                "webhook_secret": "hush",
                "client_secret": CLIENT_SECRET,
                "permissions": {"issues": "write", "contents": "write", "pull_requests": "write"},
                "callback_urls": ["http://127.0.0.1/login/callback", "https://otto.example.org/login/callback"],
                **app,
            },
            "users": [{"login": login, "permission": level} for login, level in PEOPLE.items()],
        }
    )
    stand_in = build(config, with_actions=False)
    with serving(stand_in.asgi) as url:
        stand_in.set_url(url)
        yield GitHub(stand_in, url)


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serves an application in a thread; its address."""
    listening = listener()
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", loop="asyncio", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listening.close()
