"""Registering an App from a manifest, and installing it: GitHub's pages, and the code that is good once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape as e
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from otto_bot.playground.github.changes import repository
from otto_bot.playground.github.config import AppConfig
from otto_bot.playground.github.hub import Hub
from otto_bot.playground.github.manifests import Asked, RefusedError, slug_of
from otto_bot.playground.github.pages import page
from otto_bot.playground.github.registered import Registered
from otto_bot.playground.github.rest.serve import read_body
from otto_bot.playground.github.routing import not_found
from otto_bot.playground.github.shapes import people
from otto_bot.playground.github.state import Json, User

CODE_LASTS = timedelta(hours=1)
FIRST_ID = 4300
KEY_BITS = 2048
# Browsers hold a form's redirects to `form-action` too, and these lead to wherever the manifest says.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


@dataclass
class Registering:
    """Handlers of `/settings/apps/…`, `/organizations/…`, `/app-manifests/…` and `/apps/…`."""

    hub: Hub

    def mount(self, app: FastAPI) -> None:
        """Adds the routes."""
        add = app.router.add_route
        for place in ("/settings/apps", "/organizations/{org}/settings/apps"):
            add(f"{place}/new", self._whose(self.asked), methods=["POST"])
            add(f"{place}/manifest", self._whose(self.created), methods=["POST"])
        add("/app-manifests/{code}/conversions", self.converted, methods=["POST"])
        add("/apps/{slug}/installations/new", self._known(self.where), methods=["GET"])
        add("/apps/{slug}/installations/new", self._known(self.installed), methods=["POST"])

    def _whose(
        self, handler: Callable[[Request, Mapping[str, str]], Awaitable[Response]]
    ) -> Callable[..., Awaitable[Response]]:
        async def checked(request: Request) -> Response:
            org = request.path_params.get("org")
            if org is not None and org.lower() != self.hub.world.config.owner.lower():
                return _shown("Not found", "<h1>404</h1><p>There is no organisation of that name here.</p>", 404)
            given = dict(parse_qsl((await read_body(request)).decode("utf-8", "replace"), keep_blank_values=True))
            try:
                return await handler(request, given)
            except RefusedError as error:
                text = f"<h1>Invalid GitHub App configuration</h1><p>{e(str(error))}</p>"
                return _shown("Invalid GitHub App configuration", text, 422)

        return checked

    async def asked(self, request: Request, given: Mapping[str, str]) -> Response:
        """The page that shows the name and asks once."""
        wanted = Asked.read(given.get("manifest", ""))
        place = request.url.path.removesuffix("/new")
        hidden = {"manifest": given["manifest"], "state": request.query_params.get("state", "")}
        fields = "".join(f'<input type="hidden" name="{n}" value="{e(v)}">' for n, v in hidden.items())
        name = f'<p><label>GitHub App name <input name="name" value="{e(wanted.name)}" maxlength="34"></label></p>'
        button = f"<p><button>Create GitHub App for {e(self.hub.world.config.owner)}</button></p>"
        form = f'<form method="post" action="{e(place)}/manifest">{fields}{name}{button}</form>'
        return _shown("Create GitHub App", f"<h1>Create GitHub App</h1>{form}")

    async def created(self, _request: Request, given: Mapping[str, str]) -> Response:
        """The App is there; back to whoever asked, with a code."""
        wanted = Asked.read(given.get("manifest", "")).called(given.get("name", ""))
        apps = self.hub.apps
        slug = slug_of(wanted.name)
        if slug in apps or (not self.hub.world.unregistered and slug == self.hub.world.config.app.slug):
            raise RefusedError("Name has already been taken")
        pem, public = await asyncio.to_thread(_key)
        world = self.hub.world
        config = AppConfig(
            id=FIRST_ID + len(apps), slug=slug, name=wanted.name, public_key_pem=public,
            webhook_secret=world.token_bytes(20).hex(), webhook_url=wanted.webhook_url,
            permissions=wanted.permissions, events=wanted.events, client_secret=world.token_bytes(20).hex(),
            callback_urls=wanted.callback_urls or ["http://127.0.0.1/login/callback"],
        )  # fmt: skip
        code = world.token_bytes(20).hex()
        apps[slug] = Registered(config, pem, code, world.clock() + CODE_LASTS, wanted.description, wanted.url)
        back = {"code": code, **({"state": given["state"]} if given.get("state") else {})}
        mark = "&" if urlsplit(wanted.redirect_url).query else "?"
        return RedirectResponse(f"{wanted.redirect_url}{mark}{urlencode(back)}", 302)

    async def converted(self, request: Request) -> Response:
        """The App and its secrets, once, within an hour."""
        now: datetime = self.hub.world.clock()
        for row in self.hub.apps.values():
            if row.code == request.path_params["code"] and row.until > now:
                row.code = ""
                return JSONResponse(self._conversion(row), 201)
        error = not_found()
        return JSONResponse(error.body(), error.status)

    def _conversion(self, row: Registered) -> Json:
        hook = row.config.webhook_secret if row.config.webhook_url else None
        return {
            **people.registered(self.hub.world, row), "client_secret": row.config.client_secret,
            "webhook_secret": hook, "pem": row.pem,
        }  # fmt: skip

    def _known(self, handler: Callable[[Registered], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def checked(request: Request) -> Response:
            row = self.hub.apps.get(request.path_params["slug"])
            if row is None:
                return _shown("Not found", "<h1>404</h1><p>There is no App of that name.</p>", 404)
            return handler(row)

        return checked

    def where(self, row: Registered) -> Response:
        """The page that asks where."""
        world = self.hub.world
        name = e(row.config.name)
        if self._is_installed(row):
            return _shown(f"Install {name}", f"<h1>{name}</h1><p>It is installed on {e(world.full_name)}.</p>")
        body = (
            f"<h1>Install {name}</h1><form method='post'><p>Only select repositories: <b>{e(world.full_name)}</b></p>"
            "<p><button>Install</button></p></form>"
        )
        return _shown(f"Install {name}", body)

    def installed(self, row: Registered) -> Response:
        """From now on it is the App of the repository."""
        hub, world = self.hub, self.hub.world
        if not world.uninstalled and not self._is_installed(row):
            return _shown(
                "Not possible", "<h1>Another App is installed here</h1><p>This stand-in has room for one.</p>", 409
            )
        if not self._is_installed(row):
            world.config = world.config.model_copy(update={"app": row.config})
            world.users[world.bot_login.lower()] = User(world.bot_login, 9000 + row.config.id, "Bot")
            world.unregistered = False
            hub.key = row.config.public_key_pem or ""
            hub.courier.url = row.config.webhook_url
            repository.installed(world, world.config.maintainer, "created")
        return RedirectResponse(f"/apps/{row.config.slug}/installations/new", 303)

    def _is_installed(self, row: Registered) -> bool:
        return not self.hub.world.uninstalled and self.hub.world.config.app.id == row.config.id


def _shown(title: str, body: str, status: int = 200) -> Response:
    answer = page(title, f"<main>{body}</main>", status)
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


def _key() -> tuple[str, str]:
    """A private key in GitHub's form, and its public half."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key.private_bytes(*form).decode(), public.decode()
