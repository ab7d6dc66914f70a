"""The frame of the REST API: routes with the permission each needs, the call a handler gets, the reply it gives."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import urlencode

from otto_bot.playground.github.state import Issue, Json
from otto_bot.playground.github.world import OTHER_REPO_ID, World

if TYPE_CHECKING:
    from otto_bot.playground.github.hub import Hub
    from otto_bot.playground.github.registered import Registered

DOCS = "https://docs.github.com/rest"
MAX_PER_PAGE = 100
Need = tuple[str, Literal["read", "write"]]
Auth = Literal["app", "installation", "either", "user"]
T = TypeVar("T")


class ApiError(Exception):
    """An answer that is an error, in GitHub's form."""

    def __init__(self, status: int, message: str, *, errors: Sequence[Any] = (), headers: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = list(errors)
        self.headers = headers or {}

    def body(self) -> Json:
        """GitHub's error JSON."""
        shown: Json = {"message": self.message, "documentation_url": DOCS, "status": str(self.status)}
        if self.errors:
            shown["errors"] = self.errors
        return shown


class MovedError(ApiError):
    """A redirect as the API sends it: 301, and 307 where something would be written."""

    def __init__(self, method: str, url: str) -> None:
        status = 301 if method in ("GET", "HEAD") else 307
        super().__init__(status, "Moved Permanently", headers={"Location": url})
        self.url = url

    def body(self) -> Json:
        """GitHub's words, and where it is."""
        return {"message": self.message, "url": self.url, "documentation_url": f"{DOCS}/guides/#http-redirects"}


def not_found() -> ApiError:
    """404, also for what the caller may not see."""
    return ApiError(404, "Not Found")


def invalid(resource: str, name: str, code: str = "invalid", message: str | None = None) -> ApiError:
    """422 naming one field."""
    row: Json = {"resource": resource, "field": name, "code": code}
    if message:
        row["message"] = message
    return ApiError(422, "Validation Failed", errors=[row])


@dataclass(frozen=True)
class Actor:
    """Who calls: the app itself (JWT), its installation, or a person by it (tokens), and what the token may do."""

    kind: Literal["app", "installation", "user"]
    login: str
    permissions: dict[str, str] = field(default_factory=dict)
    token: str = ""
    app: Registered | None = None
    """Another App than the installed one, which was registered here."""

    def may(self, need: Need) -> bool:
        """True when the permission is granted at that level."""
        resource, level = need
        has = "read" if resource == "metadata" else self.permissions.get(resource)
        return has == "write" or (level == "read" and has == "read")


@dataclass
class Reply:
    """What a handler answers: JSON, bytes, or nothing."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Call:
    """One authenticated request; handlers read it through the checked getters below."""

    hub: Hub
    actor: Actor
    method: str
    url: str
    params: Json
    query: dict[str, str]
    raw: bytes
    accept: str = ""
    version: str = ""

    @property
    def world(self) -> World:
        """The state."""
        return self.hub.world

    @property
    def via_app(self) -> int | None:
        """Our App, where a person acts by it."""
        return self.world.config.app.id if self.actor.kind == "user" else None

    @property
    def body(self) -> Json:
        """The request's JSON object; an absent body is an empty one."""
        if not self.raw.strip():
            return {}
        try:
            value = json.loads(self.raw)
        except ValueError as error:
            raise ApiError(400, "Problems parsing JSON") from error
        if not isinstance(value, dict):
            raise ApiError(422, "Invalid request.\n\nFor 'links/0/schema', the body is not an object.")
        return value

    def text(self, name: str, *, required: bool = True, limit: int = 65_536) -> str:
        """A string field of the body, `""` when it may be absent."""
        value = self.body.get(name)
        if value is None and not required:
            return ""
        if value is None:
            raise ApiError(422, f'Invalid request.\n\n"{name}" wasn\'t supplied.')
        if not isinstance(value, str):
            raise ApiError(422, f"Invalid request.\n\nFor 'properties/{name}', {value!r:.80} is not a string.")
        if len(value) > limit:
            raise invalid("Body", name, "too_long", f"{name} is too long (maximum is {limit} characters)")
        return value

    def texts(self, name: str) -> list[str]:
        """A list of strings of the body; absent is empty."""
        value = self.body.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ApiError(422, f"Invalid request.\n\nFor 'properties/{name}', it is not an array of strings.")
        return value

    def number(self, name: str, default: int, highest: int) -> int:
        """A positive integer of the query; nonsense becomes the default, as on GitHub."""
        try:
            value = int(self.query.get(name, default))
        except ValueError:
            return default
        return min(max(value, 1), highest)

    def issue(self) -> Issue:
        """The issue or pull request named by the path, or 404."""
        found = self.world.issue(self.params["number"])
        if found is None or found.gone == "hidden":
            raise not_found()
        if found.gone == "deleted":
            raise ApiError(410, "This issue was deleted")
        if found.gone:
            tail = self.url.partition(f"/issues/{found.number}")[2]
            raise MovedError(self.method, f"{self.world.api_root}/repositories/{OTHER_REPO_ID}/issues/1{tail}")
        return found

    def pull(self) -> Issue:
        """The pull request named by the path, or 404."""
        found = self.issue()
        if found.pull is None:
            raise not_found()
        return found

    def commit(self, ref: str) -> str:
        """SHA of a ref or commit, or GitHub's 422."""
        sha = self.world.repo.resolve(ref)
        if sha is None:
            raise ApiError(422, f"No commit found for SHA: {ref}")
        return sha

    def page(self, rows: Sequence[T], show: Callable[[T], Any], *, key: str | None = None, size: int = 30) -> Reply:
        """One page of rows with its Link header; with `key` in an object with `total_count`."""
        per_page = self.number("per_page", size, MAX_PER_PAGE)
        page = self.number("page", 1, 10**9)
        start = (page - 1) * per_page
        last = max(1, -(-len(rows) // per_page))
        shown = [show(row) for row in rows[start : start + per_page]]
        body: Any = {"total_count": len(rows), key: shown} if key else shown
        targets = {"prev": min(page - 1, last) if page > 1 else 0, "next": page + 1 if page < last else 0}
        targets |= {"last": last if page < last else 0, "first": 1 if page > 1 else 0}
        links = [f'<{self._page_url(number)}>; rel="{rel}"' for rel, number in targets.items() if number]
        return Reply(body, headers={"Link": ", ".join(links)} if links else {})

    def _page_url(self, number: int) -> str:
        return f"{self.url}?{urlencode({**self.query, 'page': number})}"


Handler = Callable[[Call], "Reply | Awaitable[Reply]"]


@dataclass(frozen=True)
class Route:
    """One endpoint: where it is, who may call it, what it needs (any one of `needs`), what it does."""

    method: str
    path: str
    handler: Handler
    needs: tuple[Need, ...]
    auth: Auth


class Routes:
    """A list of endpoints that is filled by decorators; one instance a module."""

    def __init__(self) -> None:
        self.rows: list[Route] = []

    def on(self, verb: str, *needs: Need, auth: Auth = "installation") -> Callable[[Handler], Handler]:
        """Registers a handler for `"GET /path/{x}"`; paths that begin with `~` are below the repository."""
        method, _, path = verb.partition(" ")
        where = path.replace("~", "/repos/{owner}/{repo}", 1) if path.startswith("~") else path

        def register(handler: Handler) -> Handler:
            self.rows.append(Route(method, where, handler, needs, auth))
            return handler

        return register


def read(*resources: str) -> tuple[Need, ...]:
    """Read access to any one of the resources."""
    return tuple((name, "read") for name in resources)


def write(*resources: str) -> tuple[Need, ...]:
    """Write access to any one of the resources."""
    return tuple((name, "write") for name in resources)
