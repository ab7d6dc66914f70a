"""The whole state of the stand-in, its clock and ids, and the one place where something visible is announced."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from otto_bot.playground.github.config import OtherAppConfig, StandInConfig
from otto_bot.playground.github.gitrepo import BareRepo
from otto_bot.playground.github.state import (
    CheckRun,
    CheckSuite,
    Comment,
    Delivery,
    Issue,
    IssueEvent,
    Json,
    Label,
    LoginCode,
    RequestRow,
    Review,
    ReviewComment,
    Status,
    Token,
    User,
    UserToken,
)

ACTIONS_APP_ID = 15368
ACTIONS_LOGIN = "github-actions[bot]"
QUEUE_LOGIN = "github-merge-queue[bot]"
OTHER_APPS_FROM = 254
OWNER_ID = 5001
REPO_ID = 700001
OTHER_REPO_ID = 700002
"""Where an issue is transferred to; nothing else of it is played."""
INSTALLATION_ID = 800001
PERMISSION_RANK = {"none": 0, "read": 1, "triage": 2, "write": 3, "maintain": 4, "admin": 5}


@dataclass(frozen=True)
class Visible:
    """One announced change: the webhook's event, action and body, and where it can be seen."""

    seq: int
    at: datetime
    event: str
    action: str | None
    actor: str
    where: str | None
    body: Json


@dataclass
class World:
    """State of the one repository, its people and its app. Everything runs on one event loop, so no locks."""

    config: StandInConfig
    repo: BareRepo
    clock: Callable[[], datetime]
    token_bytes: Callable[[int], bytes]
    base_url: str = "http://127.0.0.1"
    users: dict[str, User] = field(default_factory=dict)
    labels: list[Label] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    issue_events: list[IssueEvent] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    review_comments: list[ReviewComment] = field(default_factory=list)
    suites: list[CheckSuite] = field(default_factory=list)
    checks: list[CheckRun] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    tokens: dict[str, Token] = field(default_factory=dict)
    user_tokens: dict[str, UserToken] = field(default_factory=dict)
    login_codes: dict[str, LoginCode] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    requests: list[RequestRow] = field(default_factory=list)
    listeners: list[Callable[[Visible], None]] = field(default_factory=list)
    old_names: list[str] = field(default_factory=list)
    archived: bool = False
    suspended_at: datetime | None = None
    suspended_by: str | None = None
    unregistered: bool = False
    """Nobody has registered the App of the config: what it names is there once one is installed that was."""
    accepted: dict[str, str] | None = None
    """What the installation was granted; None = all that the app asks for."""
    uninstalled: bool = False
    taken_out: bool = False
    """The app may not use the repository: it is not installed any more, or not for this one."""
    seen: int = 0
    _last_id: int = 1_000_000

    def __post_init__(self) -> None:
        self.started_at = self.now()
        given = self.config.app.accepted
        self.accepted = None if given is None else {**given}
        self._add_people()
        self.labels = [Label(self.next_id(), name, color) for name, color in (("bug", "d73a4a"), ("docs", "0075ca"))]

    def _add_people(self) -> None:
        config = self.config
        self.users[config.owner.lower()] = User(config.owner, OWNER_ID, permission="admin")
        listed = [(config.maintainer, "admin", ""), *((u.login, u.permission, u.role) for u in config.users)]
        for login, permission, role in listed:
            known = self.users.setdefault(login.lower(), User(login, 6000 + len(self.users)))
            known.permission, known.role = permission, role
        self.users[self.bot_login.lower()] = User(self.bot_login, 9001, "Bot")
        self.users[ACTIONS_LOGIN] = User(ACTIONS_LOGIN, 41898282, "Bot")
        self.users[QUEUE_LOGIN] = User(QUEUE_LOGIN, 118344674, "Bot")
        for app_id, other in self.other_apps.items():
            self.users[f"{other.slug}[bot]"] = User(f"{other.slug}[bot]", 9100 + app_id, "Bot")

    @property
    def other_apps(self) -> dict[int, OtherAppConfig]:
        """The other Apps of the repository by their ids."""
        return dict(enumerate(self.config.other_apps, OTHER_APPS_FROM))

    @property
    def bot_login(self) -> str:
        """Login of the app's own account."""
        return f"{self.config.app.slug}[bot]"

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.config.owner}/{self.config.repo}"

    @property
    def api_root(self) -> str:
        """URL of the API: an Enterprise Server has it below the same host."""
        return f"{self.base_url}/api/v3" if self.config.enterprise else self.base_url

    @property
    def api(self) -> str:
        """URL of the repository in the API."""
        return f"{self.api_root}/repos/{self.full_name}"

    @property
    def html(self) -> str:
        """URL of the repository's page."""
        return f"{self.base_url}/{self.full_name}"

    def now(self) -> datetime:
        """The clock, in whole seconds as GitHub shows them."""
        return self.clock().replace(microsecond=0)

    def next_id(self) -> int:
        """A number that no other record has; grows."""
        self._last_id += 1
        return self._last_id

    def user(self, login: str) -> User | None:
        """The account of that login, without regard to case."""
        return self.users.get(login.lower())

    def issue(self, number: int) -> Issue | None:
        """Issue or pull request of that number."""
        return self.issues[number - 1] if 0 < number <= len(self.issues) else None

    def label(self, name: str) -> Label | None:
        """The repository's label of that name, without regard to case."""
        return next((row for row in self.labels if row.name.lower() == name.lower()), None)

    def pulls(self) -> list[Issue]:
        """Every pull request, oldest first."""
        return [row for row in self.issues if row.pull]

    def pulls_of_head(self, branch: str | None, sha: str | None = None) -> list[Issue]:
        """Open pull requests from a branch (and at a SHA)."""
        rows = [row for row in self.issues if row.pull and row.state == "open" and row.pull.head_ref == branch]
        return [row for row in rows if sha is None or (row.pull and row.pull.head_sha == sha)]

    def suite(self, suite_id: int) -> CheckSuite:
        """A check suite by id; raises StopIteration for an unknown one, which no caller can have."""
        return next(row for row in self.suites if row.id == suite_id)

    def branches_at(self, sha: str) -> list[str]:
        """Short names of the branches that point at `sha`."""
        return [name.removeprefix("refs/heads/") for name, at in self.repo.refs().items() if at == sha]

    def ensure_suite(self, app_id: int, sha: str, branch: str | None = None) -> CheckSuite:
        """The suite of an app on a commit, opened if it is not there."""
        for row in self.suites:
            if row.app_id == app_id and row.head_sha == sha:
                return row
        if branch is None:
            branch = next(iter(self.branches_at(sha)), None)
        now = self.now()
        self.suites.append(CheckSuite(self.next_id(), app_id, sha, branch, now, now))
        return self.suites[-1]

    def mint(self, permissions: dict[str, str]) -> Token:
        """A new installation token, valid for one hour, in the long form GitHub gives out since 2026."""
        parts = (self.token_bytes(30), self.token_bytes(150), self.token_bytes(190))
        shape = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
        token = Token(f"ghs_{self.config.app.id}_{shape}", permissions, self.now() + timedelta(hours=1))
        self.tokens[token.value] = token
        return token

    def announce(self, event: str, action: str | None, actor: str, body: Json, where: str | None = None) -> None:
        """Tells every listener (webhooks, reactions, Actions, watchers) that something visible has changed."""
        self.seen += 1
        full: Json = {"action": action, **body} if action else dict(body)
        visible = Visible(self.seen, self.clock(), event, action, actor, where, full)
        for listener in self.listeners:
            listener(visible)


def stamp(at: datetime | None) -> str | None:
    """A time as GitHub writes it: `2026-11-22T10:00:00Z`."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def node_id(kind: str, number: int) -> str:
    """An opaque global id, as GraphQL takes it."""
    return f"{kind}_" + base64.urlsafe_b64encode(f"{kind}:{number}".encode()).decode().rstrip("=")


def node_number(node: str) -> tuple[str, int] | None:
    """Kind and number behind a node id, None for anything else."""
    kind, _, rest = node.partition("_")
    try:
        shown, _, number = base64.urlsafe_b64decode(rest + "=" * (-len(rest) % 4)).decode().partition(":")
        return (kind, int(number)) if shown == kind else None
    except (ValueError, UnicodeDecodeError):
        return None


def as_json_list(value: Any) -> list[Any]:
    """`value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []
