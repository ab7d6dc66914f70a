"""The way to GitHub: the only file that knows githubkit, and the factory of everything that uses it.

githubkit makes the requests (base URL, JWT of the App, token header, Enterprise paths, rate limit detection of
GraphQL); its retries, HTTP cache, token cache and redirects are off, because each of them repeats writes, keeps
private bodies in memory, mints tokens side by side or carries a token elsewhere.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

import httpx

from otto_bot.core.redact import Redactor
from otto_bot.github.answer import Answer
from otto_bot.github.app_verbs import AppVerbs
from otto_bot.github.censoring import Censor, censored
from otto_bot.github.credentials import (
    AppCredentials,
    InstallationCredentials,
    Nobody,
)
from otto_bot.github.errors import GitHubError, Refused, TooLarge, Unreachable
from otto_bot.github.host_checks import API_VERSION, check_api_url, check_private_key
from otto_bot.github.logs import download, pour
from otto_bot.github.pace import APP, LocalSlots, Pace, Sleep, Slots
from otto_bot.github.repository import Surroundings
from otto_bot.github.routes import Route, route
from otto_bot.github.session import Credential, Params, Session
from otto_bot.github.tokens import Client, Scope, Token, TokenCache
from otto_bot.github.transport import BodyTooLargeError, SharedTransport
from otto_bot.github.verbs import Repository
from otto_bot.github.watching import Meter, Watched

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

TIMEOUT = httpx.Timeout(20, connect=5)
DEADLINE_SECONDS = 60.0
CONCURRENCY = 16
GRAPHQL = Route("/graphql", "/graphql")
_GRAPHQL_STATUS = {"NOT_FOUND": 404, "FORBIDDEN": 403}


class Kit:
    """githubkit, reduced to one request and one answer."""

    def __init__(
        self,
        api_url: str,
        app_id: int,
        private_key: RSAPrivateKey | None,
        *,
        user_agent: str,
        transport: SharedTransport,
        api_version: str | None,
        censor: Censor,
    ) -> None:
        from githubkit import AppAuthStrategy, GitHub
        from githubkit.cache import MemCacheStrategy
        from githubkit.throttling import LocalThrottler

        self._censor = censor
        self._jwt_cache = MemCacheStrategy()
        self._version = {"X-GitHub-Api-Version": api_version} if api_version else {}
        self._app = GitHub(
            # Given as text, PyJWT would read and validate it for each token: a tenth of a second on the event loop.
            AppAuthStrategy(app_id, cast("Any", private_key)),
            base_url=api_url,
            user_agent=user_agent,
            follow_redirects=False,
            timeout=TIMEOUT,
            trust_env=False,
            async_transport=transport,
            cache_strategy=self._jwt_cache,
            http_cache=False,
            throttler=LocalThrottler(CONCURRENCY),
            auto_retry=False,
        )

    def forget_jwt(self) -> None:
        """GitHub did not accept it: the next request as the App signs a new one."""
        self._jwt_cache.cleanup()

    def _client(self, credential: Credential) -> Any:
        from githubkit import OAuthAppAuthStrategy, TokenAuthStrategy, UnauthAuthStrategy

        if credential == "app":
            return self._app
        if credential == "nobody":
            return self._app.with_auth(UnauthAuthStrategy())
        if isinstance(credential, Client):
            return self._app.with_auth(OAuthAppAuthStrategy(credential.id, credential.secret))
        return self._app.with_auth(TokenAuthStrategy(credential.value))

    async def exchange(
        self,
        credential: Credential,
        method: str,
        where: Route,
        *,
        params: Params | None = None,
        body: Any = None,
        accept: str | None = None,
    ) -> Answer:
        """One request. An error status is an Answer too; raises Unreachable or TooLarge where there is none."""
        if not where.path.startswith("/") or where.path.startswith("//"):
            raise ValueError("only paths below the API's address are asked, never absolute URLs")
        client, body = self._client(credential), censored(body, self._censor)
        headers = {**self._version, **({"Accept": accept} if accept else {})}
        if where == GRAPHQL:
            sending = client.async_graphql(body["query"], body["variables"])
        else:
            sending = client.arequest(method, where.path, params=params, json=body, headers=headers)
        return await _answered(sending, method, where)


async def _answered(sending: Any, method: str, where: Route) -> Answer:
    from githubkit.exception import GitHubException, GraphQLFailed, RateLimitExceeded, RequestError, RequestFailed

    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            response = await sending
        if isinstance(response, dict):
            return Answer(200, {}, json.dumps(response).encode())
        return _answer(response)
    except GraphQLFailed as error:
        return _graphql_answer(error.response.errors or [])
    except RateLimitExceeded as error:
        answer = _answer(error.response)
        return Answer(429 if answer.status == 200 else answer.status, answer.headers, answer.body)
    except RequestFailed as error:
        return _answer(error.response)
    except TimeoutError:
        failure: GitHubError = Unreachable(0, f"{method} {where.template}: no answer in {DEADLINE_SECONDS:.0f} s")
    except RequestError as error:
        failure = _no_answer(error.exc, f"{method} {where.template}")
    except (GitHubException, ValueError) as error:
        # An answer that githubkit cannot read, such as a date in `retry-after`. Unknown whether it was done.
        failure = Unreachable(0, f"{method} {where.template}: unreadable answer ({type(error).__name__})")
    # Outside of the handlers, so that the cause, whose request carries the token, is not chained.
    raise failure


def _no_answer(cause: Exception, what: str) -> GitHubError:
    """Only the type is told: the text of a transport error may quote a header."""
    if isinstance(cause, BodyTooLargeError):
        return TooLarge(0, f"{what}: {cause}")
    if isinstance(cause, httpx.HTTPError):
        return Unreachable(0, f"{what}: {type(cause).__name__}")
    return GitHubError(0, f"{what}: the request could not be made ({type(cause).__name__})")


def _answer(response: Any) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, response.content)


def _graphql_answer(errors: list[Any]) -> Answer:
    """GraphQL says 200 with errors; told as the status that REST would have used."""
    status = next((_GRAPHQL_STATUS[e.type] for e in errors if e.type in _GRAPHQL_STATUS), 422)
    body = {"message": str(errors[0].message) if errors else "refused", "errors": [str(e.message) for e in errors[1:]]}
    return Answer(status, {}, json.dumps(body).encode())


class GitHubApp(AppVerbs, AbstractAsyncContextManager["GitHubApp"]):
    """Otto's GitHub App. Enter it once per process; verbs on repositories come from `repository()`.

    `api_url` is `https://api.github.com` or `https://HOST/api/v3`; `private_key` the App's PEM; `now` gives aware
    UTC datetimes; `api_version=None` sends no version header (old Enterprise servers). `on_secret` is told each token
    when it is minted, so that it can be redacted; every string that is sent passes `censor` (without one: the shapes of
    well-known secrets). `slots` keeps the pace of all processes of one database; without it
    this process keeps its own, a second between writes. `meter` counts requests.
    Raises ValueError for an address or key that cannot be used.
    """

    def __init__(
        self,
        api_url: str,
        app_id: int,
        private_key: str,
        *,
        now: Callable[[], datetime],
        user_agent: str = "otto-bot",
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Sleep = asyncio.sleep,
        api_version: str | None = API_VERSION,
        on_secret: Callable[[str], None] | None = None,
        censor: Censor | None = None,
        slots: Slots | None = None,
        meter: Meter | None = None,
    ) -> None:
        super().__init__()
        self.app_id = app_id
        self._api_url = check_api_url(api_url)
        self._now = now
        self._sleep = sleep
        self._on_secret = on_secret
        self._censor = censor or Redactor().text
        self._transport = SharedTransport(transport)
        self._kit = Kit(
            self._api_url,
            app_id,
            check_private_key(private_key),
            user_agent=user_agent,
            transport=self._transport,
            api_version=api_version,
            censor=self._censor,
        )
        self._tokens = TokenCache(self._mint, now)
        self._slots = slots or LocalSlots()
        self._meter = meter
        self._paces: dict[int, Pace] = {}
        self._repositories: dict[tuple[int, int], Repository] = {}
        self._app_session = Session(
            self._watched(APP), AppCredentials(self._kit.forget_jwt), self._pace(APP), now, sleep
        )

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._transport.shutdown()

    def repository(self, installation_id: int, repo_id: int) -> Repository:
        """The verbs of one repository; the same object for the same ids, so that names are resolved once."""
        key = (installation_id, repo_id)
        if key not in self._repositories:

            def scope(permissions: Mapping[str, str]) -> Scope:
                return Scope.of(installation_id, (repo_id,), permissions)

            around = Surroundings(
                app_id=self.app_id,
                own_login=self.bot_login,
                session=lambda permissions: self._session(scope(permissions)),
                git_token=lambda permissions, refused: self._git_token(scope(permissions), refused),
                download=self._download,
                pour=partial(pour, self._transport, self._api_url.startswith("http://")),
                censor=self._censor,
                now=self._now,
            )
            self._repositories[key] = Repository(repo_id, around)
        return self._repositories[key]

    def forget(self, installation_id: int) -> None:
        """An installation was removed or suspended: its tokens and names are dropped."""
        self._tokens.purge(installation_id)
        self._repositories = {key: value for key, value in self._repositories.items() if key[0] != installation_id}

    def _pace(self, installation_id: int) -> Pace:
        if installation_id not in self._paces:
            self._paces[installation_id] = Pace(installation_id, self._slots, self._now, self._sleep)
        return self._paces[installation_id]

    def _session(self, scope: Scope) -> Session:
        pace = self._pace(scope.installation_id)
        exchange = self._watched(scope.installation_id)
        return Session(exchange, InstallationCredentials(self._tokens, scope), pace, self._now, self._sleep)

    def _watched(self, installation_id: int) -> Watched:
        return Watched(self._kit.exchange, installation_id, self._meter, self._now, time.monotonic)

    def _metadata_session(self, installation_id: int | None) -> Session:
        if installation_id is None:
            pace = Pace(APP, LocalSlots(), self._now, self._sleep)
            return Session(self._watched(APP), Nobody(), pace, self._now, self._sleep)
        return self._session(Scope.of(installation_id, (), {"metadata": "read"}))

    async def _git_token(self, scope: Scope, refused: str) -> Token:
        self._tokens.refused(scope, refused)
        return await self._tokens.get(scope)

    async def _mint(self, scope: Scope) -> Token:
        where = route("/app/installations/{installation_id}/access_tokens", scope.installation_id)
        body: dict[str, Any] = {"permissions": dict(scope.permissions)}
        if scope.repository_ids:
            body["repository_ids"] = list(scope.repository_ids)
        # The one POST that may be repeated: a token that nobody received does nothing and ends by itself.
        try:
            answer = await self._app_session.call("POST", where, body=body, repeatable=True)
        except Refused as error:
            if error.reason != "not_granted":
                raise
            asked = ", ".join(f"{name}: {level}" for name, level in scope.permissions)
            words = f"{error.message} Asked for: {asked}"
            raise Refused(error.status, words, error.request_id, reason=error.reason) from None
        data = answer.json()
        try:
            token = Token(str(data["token"]), datetime.fromisoformat(data["expires_at"]))
        except (KeyError, TypeError, ValueError):
            token = None
        if token is None or token.expires_at.tzinfo is None:
            raise Unreachable(
                answer.status, f"POST {where.template}: the answer has no usable token", answer.request_id
            )
        if self._on_secret is not None:
            self._on_secret(token.value)
        return token

    async def _download(self, location: str, *, whole_limit: int | None = None) -> bytes:
        plain = self._api_url.startswith("http://")
        if whole_limit is None:
            return await download(self._transport, location, allow_http=plain)
        return await download(self._transport, location, allow_http=plain, limit=whole_limit, whole=True)
