"""Logging in by the App: the page where one says who one is, codes, tokens, and their end, in GitHub's words."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from html import escape as e
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from otto_bot.playground.github.auth import user_token_of
from otto_bot.playground.github.config import AppConfig
from otto_bot.playground.github.hub import Hub
from otto_bot.playground.github.pages import page
from otto_bot.playground.github.rest.serve import read_body
from otto_bot.playground.github.routing import ApiError, not_found
from otto_bot.playground.github.shapes import people
from otto_bot.playground.github.state import Json, LoginCode, UserToken
from otto_bot.playground.github.world import stamp

CODE_LASTS = timedelta(minutes=10)
TOKEN_LASTS = timedelta(hours=8)
REFRESH_LASTS = timedelta(days=184)
DOCS = "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
ERRORS = {
    "incorrect_client_credentials": "The client_id and/or client_secret passed are incorrect.",
    "redirect_uri_mismatch": "The redirect_uri MUST match the registered callback URL for this application.",
    "bad_verification_code": "The code passed is incorrect or expired.",
    "bad_refresh_token": "The refresh token passed is incorrect or expired.",
    "unsupported_grant_type": "The grant_type is not supported.",
}


class OAuth:
    """Handlers of `/login/oauth/…` and of `/applications/{client_id}/token`."""

    def __init__(self, hub: Hub) -> None:
        self.hub, self.world = hub, hub.world

    @property
    def app(self) -> AppConfig:
        """The App: another one, once one was registered and installed."""
        return self.world.config.app

    def mount(self, app: FastAPI) -> None:
        """Adds the routes, where the App has a client secret."""
        if self.app.client_secret is None:
            return
        add = app.router.add_route
        add("/login/oauth/authorize", self.authorize, methods=["GET"])
        add("/login/oauth/authorize/as", self.agreed, methods=["GET"])
        add("/login/oauth/access_token", self.access_token, methods=["POST"])
        add("/applications/{client_id}/token", self._asked(self.check), methods=["POST"])
        add("/applications/{client_id}/token", self._asked(self.revoke), methods=["DELETE"])

    async def authorize(self, request: Request) -> Response:
        """Who one is; each person of the world is a link, so that it works without JavaScript."""
        refusal = self._refusal(request.query_params)
        if refusal is not None:
            return refusal
        rows = "".join(
            f'<li><a href="{e(self._as(request, row.login))}">Continue as <b>{e(row.login)}</b></a> '
            f"<small>{e(row.role or row.permission)}</small></li>"
            for row in self.world.users.values()
            if row.type == "User"
        )
        cancel = e(_with(self._back(request.query_params), error="access_denied", state=request.query_params))
        body = (
            f"<main><h1>Log in to {e(self.app.name)}</h1><p>This stand-in for GitHub knows no passwords: choose as "
            f"which of its people you come.</p><ul class='rows'>{rows}</ul>"
            f'<p><a href="{cancel}">Cancel</a></p></main>'
        )
        return page(f"Log in to {self.app.name}", body)

    async def agreed(self, request: Request) -> Response:
        """Back to the App with a code."""
        query = request.query_params
        refusal = self._refusal(query)
        person = self.world.user(query.get("login", ""))
        if refusal is not None:
            return refusal
        if person is None or person.type != "User":
            return page("Nobody", "<main><h1>There is nobody of that name</h1></main>", 404)
        code = self.world.token_bytes(10).hex()
        challenge = query.get("code_challenge", "")
        back, until = self._back(query), self.world.clock() + CODE_LASTS
        self.world.login_codes[code] = LoginCode(person.login, back, challenge, until)
        return RedirectResponse(_with(back, code=code, state=query), 302)

    def _as(self, request: Request, login: str) -> str:
        kept = {name: value for name, value in request.query_params.items() if name != "login"}
        return f"/login/oauth/authorize/as?{urlencode({**kept, 'login': login})}"

    def _back(self, query: Mapping[str, str]) -> str:
        return query.get("redirect_uri") or self.app.callback_urls[0]

    def _refusal(self, query: Mapping[str, str]) -> Response | None:
        """What GitHub answers where it does not even ask."""
        if query.get("client_id") != self.app.client_id:
            return page("Not found", "<main><h1>404: there is no such App</h1></main>", 404)
        home = self.app.callback_urls[0]
        if self.app.suspended:
            return RedirectResponse(_with(home, error="application_suspended", state=query), 302)
        if not self._registered(self._back(query)):
            return RedirectResponse(_with(home, error="redirect_uri_mismatch", state=query), 302)
        if query.get("code_challenge") and query.get("code_challenge_method") != "S256":
            return page("Bad request", "<main><h1>code_challenge_method must be S256</h1></main>", 400)
        return None

    def _registered(self, uri: str) -> bool:
        """Exactly as registered; on the person's own machine any port."""
        given = urlsplit(uri)
        for known in map(urlsplit, self.app.callback_urls):
            local = known.hostname in LOOPBACK and known.scheme == given.scheme == "http"
            same = (given.hostname, given.path, given.query) == (known.hostname, known.path, known.query)
            if uri == known.geturl() or (local and same and not given.username):
                return True
        return False

    async def access_token(self, request: Request) -> Response:
        """A token for a code, or for a refresh token. Errors come with status 200."""
        asked = _fields(request, await read_body(request))
        secret = asked.get("client_secret", "")
        if asked.get("client_id") != self.app.client_id or not hmac.compare_digest(
            secret.encode(), (self.app.client_secret or "").encode()
        ):
            return _form(request, _error("incorrect_client_credentials"))
        grant = asked.get("grant_type") or "authorization_code"
        if grant == "refresh_token":
            return _form(request, self._renew(asked.get("refresh_token", "")))
        if grant != "authorization_code":
            return _form(request, _error("unsupported_grant_type"))
        return _form(request, self._redeem(asked))

    def _redeem(self, asked: Mapping[str, str]) -> Json:
        code = self.world.login_codes.pop(asked.get("code", ""), None)
        if code is None or code.until <= self.world.clock() or not _proved(code.challenge, asked.get("code_verifier")):
            return _error("bad_verification_code")
        if asked.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
            return _error("redirect_uri_mismatch")
        return self._mint(code.login)

    def _renew(self, refresh: str) -> Json:
        now = self.world.clock()
        for old in self.world.user_tokens.values():
            living = old.refresh_expires_at is not None and old.refresh_expires_at > now and not old.revoked
            if refresh and hmac.compare_digest(old.refresh.encode(), refresh.encode()) and living:
                old.revoked = True
                return self._mint(old.login)
        return _error("bad_refresh_token")

    def _mint(self, login: str) -> Json:
        now, value = self.world.now(), f"ghu_{self.world.token_bytes(18).hex()}"
        shown: Json = {"access_token": value, "scope": "", "token_type": "bearer"}
        if not self.app.user_tokens_expire:
            self.world.user_tokens[value] = UserToken(value, login, None)
            return shown
        refresh = f"ghr_{self.world.token_bytes(36).hex()}"
        self.world.user_tokens[value] = UserToken(value, login, now + TOKEN_LASTS, refresh, now + REFRESH_LASTS)
        return {
            **shown, "expires_in": int(TOKEN_LASTS.total_seconds()), "refresh_token": refresh,
            "refresh_token_expires_in": int(REFRESH_LASTS.total_seconds()),
        }  # fmt: skip

    def _asked(self, answer: Callable[[UserToken], Response]) -> Callable[[Request], Awaitable[Response]]:
        """Only for the App by its client id and secret, and about a token that it gave out."""

        async def asked(request: Request) -> Response:
            if not self._is_client(request):
                return _refused(ApiError(401, "Bad credentials"))
            token = user_token_of(self.world, _fields(request, await read_body(request)).get("access_token", ""))
            return _refused(not_found()) if token is None else answer(token)

        return asked

    def _is_client(self, request: Request) -> bool:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(value, validate=True)
        except binascii.Error:
            return False
        wanted = f"{self.app.client_id}:{self.app.client_secret}".encode()
        ours = request.path_params["client_id"] == self.app.client_id
        return scheme.lower() == "basic" and hmac.compare_digest(given, wanted) and ours

    def check(self, token: UserToken) -> Response:
        """Whose it is, and until when."""
        world, app = self.world, people.app(self.world, self.app.id)
        digest = hashlib.sha256(token.value.encode()).hexdigest()
        return JSONResponse({
            "id": int(digest[:7], 16), "url": f"{world.base_url}/authorizations/1", "scopes": [], "token": token.value,
            "token_last_eight": token.value[-8:], "hashed_token": digest, "note": None, "note_url": None,
            "app": {"client_id": app["client_id"], "name": app["name"], "url": app["html_url"]},
            "created_at": stamp(world.now()), "updated_at": stamp(world.now()), "fingerprint": None,
            "expires_at": stamp(token.expires_at), "user": people.user(world, token.login),
        })  # fmt: skip

    def revoke(self, token: UserToken) -> Response:
        """It ends now."""
        token.revoked = True
        return Response(None, 204)


def _refused(error: ApiError) -> Response:
    return JSONResponse(error.body(), error.status)


def _error(name: str) -> Json:
    return {"error": name, "error_description": ERRORS[name], "error_uri": f"{DOCS}#{name.replace('_', '-')}"}


def _with(uri: str, *, state: Mapping[str, str], **more: str) -> str:
    """A way back with what is told there; `state` comes back as it was given."""
    if "error" in more:
        more["error_description"] = {"access_denied": "The user has denied your application access."}.get(
            more["error"], "The request was refused."
        )
    given = {**more, **({"state": state["state"]} if "state" in state else {})}
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(given)}"


def _proved(challenge: str, verifier: str | None) -> bool:
    """PKCE: whoever began the login ends it."""
    if not challenge:
        return True
    digest = hashlib.sha256((verifier or "").encode()).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).decode().rstrip("="), challenge)


def _fields(request: Request, raw: bytes) -> dict[str, str]:
    """Parameters of the body: JSON, or a form."""
    if "json" not in request.headers.get("content-type", ""):
        return dict(parse_qsl(raw.decode("utf-8", "replace")))
    try:
        found: Any = json.loads(raw)
    except ValueError:
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


def _form(request: Request, shown: Json) -> Response:
    """JSON where it is asked for; else as a form, as GitHub has always done."""
    if "json" in request.headers.get("accept", ""):
        return JSONResponse(shown)
    return Response(urlencode(shown), media_type="application/x-www-form-urlencoded; charset=utf-8")
