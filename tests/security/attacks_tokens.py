"""Attacks on what Otto may and knows: a token that is stolen can do little, and no secret of the host gets out."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import logging
import urllib.parse
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import BaseModel
from security_registry import attack, defence

from otto_bot import discretion
from otto_bot.agents import structured
from otto_bot.bench.simulate.planting import Change
from otto_bot.core.redact import Redactor
from otto_bot.core.values import Usage
from otto_bot.github.client import GitHubApp
from otto_bot.github.errors import GitHubError
from otto_bot.github.pace import LocalSlots
from otto_bot.github.verbs import Repository
from otto_bot.model.budgeted import BudgetedModel
from otto_bot.model.calls import ModelCall, ModelReply
from otto_bot.model.prices import Prices

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMjM0NTYifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
TOKEN = f"ghs_4242_{JWT}"
HOOK = "correct-horse-battery-staple"

READS_ALONE = defence(
    "reading-token-for-git",
    "The token with which git fetches cannot push: only the one call that pushes has one that can",
    Change(
        "otto_bot.github.verbs",
        "Repository.fetch_token",
        '{"contents": "read"}, refused',
        '{"contents": "write"}, refused',
    ),
)
NARROW = defence(
    "token-of-the-verb",
    "Each request to GitHub carries a token that can do what this request needs, and nothing else",
    Change(
        "otto_bot.github.repository",
        "RepositoryCalls.with_only",
        "may=permissions",
        'may={"contents": "write", "issues": "write", "pull_requests": "write"}',
    ),
)
ONE_REPOSITORY = defence(
    "token-of-the-repository",
    "A token is minted for one repository: it opens no other one that the App is installed in",
    Change("otto_bot.github.client", "GitHubApp._mint", "if scope.repository_ids:", "if False:"),
)
CENSORED = defence(
    "censored-bodies",
    "No secret of the host, in whatever form, stands in what Otto writes on GitHub",
    Change("otto_bot.github.censoring", "censored", "return censor(body)", "return body"),
    Change("otto_bot.github.repository", "RepositoryCalls._clean", "return self._around.censor(text)", "return text"),
)
WHOLE_BEFORE_CUT = defence(
    "censored-before-it-is-cut",
    "A text is censored before it is cut to GitHub's limit: half a secret has no form that could be known",
    Change("otto_bot.github.repository", "RepositoryCalls._clean", "return self._around.censor(text)", "return text"),
)
WITHIN_BASE64 = defence(
    "secrets-within-base64",
    "A secret is known in the base64 of anything around it, wherever in it it begins",
    Change("otto_bot.core.redact", "_within_base64", "return found", "return set()"),
)
CLEAN_LOGS = defence(
    "censored-logs",
    "Every log record and every traceback is censored, whichever library it comes from",
    Change("otto_bot.discretion", "_records", "def made(*args: Any, **kwargs: Any) -> logging.LogRecord:",
           "return plain\n\n    def made(*args: Any, **kwargs: Any) -> logging.LogRecord:"),
)  # fmt: skip
TYPE_ALONE = defence(
    "no-words-of-the-transport",
    "Of an error of the HTTP library its type is told, never its words: they may quote a header",
    Change("otto_bot.github.client", "_no_answer", 'f"{what}: {type(cause).__name__}")', 'f"{what}: {cause}")'),
)
NO_CLIMBING = defence(
    "paths-that-do-not-climb",
    "Nothing that an outsider names changes which of GitHub's endpoints is asked",
    Change("otto_bot.github.routes", "_segment", 'if text in {"", ".", ".."}:', "if False:"),
)
STORAGE_BY_HTTPS = defence(
    "storage-by-https",
    "A log or artifact is fetched by https alone, and with no credential, wherever GitHub's answer leads",
    Change("otto_bot.github.logs", "_request", '{"https", "http"} if allow_http else {"https"}', '{"https", "http"}'),
)
CLEAN_PROMPTS = defence(
    "redacted-prompts",
    "Secrets are taken out of everything that a model is sent",
    Change("otto_bot.model.budgeted", "BudgetedModel.ask", "clean.json(call.messages)", "call.messages"),
)

READ_AS_STORED = defence(
    "answers-without-secrets",
    "What a model answers is read without the secrets in it, before it becomes part of a plan, a ledger or a comment",
    Change(
        "otto_bot.agents.structured",
        "ask_for",
        "read_answer(shape, model.own(reply.text),",
        "read_answer(shape, reply.text,",
    ),
)


@cache
def _pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class _GitHub:
    """Hands out tokens, remembers every request, and answers the rest with what fits all of them."""

    def __init__(self) -> None:
        self.minted: list[dict[str, Any]] = []
        self.sent: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/access_tokens"):
            self.minted.append(json.loads(request.content))
            return httpx.Response(201, json={"token": TOKEN, "expires_at": (NOW + timedelta(hours=1)).isoformat()})
        if request.url.path == "/repositories/22":
            return httpx.Response(
                200, json={"id": 22, "name": "shop", "owner": {"login": "acme"}, "default_branch": "main"}
            )
        self.sent.append(request)
        if request.method == "GET":
            return httpx.Response(200, json=[] if "comments" in request.url.path else {"check_runs": []})
        return httpx.Response(
            201, json={"id": 1, "html_url": "https://x", "name": "x", "head_sha": "x", "status": "queued"}
        )

    @property
    def told(self) -> str:
        """Everything that anybody can read on GitHub now."""
        return "\n".join(request.content.decode() for request in self.sent)


@contextlib.asynccontextmanager
async def _app(
    answers: Callable[[httpx.Request], httpx.Response],
) -> AsyncIterator[Repository]:
    redactor = Redactor([_pem(), HOOK])
    app = GitHubApp(
        "https://api.github.test", 1, _pem(), now=lambda: NOW, sleep=_no_sleep, transport=httpx.MockTransport(answers),
        slots=LocalSlots(pause=0), on_secret=redactor.register, censor=redactor.text,
    )  # fmt: skip
    async with app:
        yield app.repository(11, 22)


async def _no_sleep(_seconds: float) -> None:
    return None


async def _comment(words: str) -> str:
    github = _GitHub()
    async with _app(github) as repository:
        await repository.fetch_token()
        await repository.upsert_comment(7, "<!-- otto -->", words)
    assert "before" in github.told
    return github.told


@attack("stolen-token-of-a-fetch", point=7, by=READS_ALONE, source="CVE-2025-30066 (tj-actions/changed-files)")
async def stolen_token_of_a_fetch(place: Path) -> str | None:
    """Who reads the memory of a git that fetches pushes with what they find there."""
    github = _GitHub()
    async with _app(github) as repository:
        await repository.fetch_token()
    permissions = github.minted[0]["permissions"]
    return str(permissions) if permissions["contents"] == "write" else None


@attack(
    "stolen-token-of-a-verb",
    point=7,
    by=NARROW,
    source="https://unit42.paloaltonetworks.com/github-repo-artifacts-leak-tokens/",
)
async def stolen_token_of_a_verb(place: Path) -> str | None:
    """Who gets the token of a request that lists checks writes comments, pull requests and files with it."""
    github = _GitHub()
    async with _app(github) as repository:
        await repository.check_runs("1" * 40)
    permissions = github.minted[0]["permissions"]
    return str(permissions) if "write" in permissions.values() else None


@attack(
    "token-of-another-repository",
    point=7,
    by=ONE_REPOSITORY,
    source="https://invariantlabs.ai/blog/mcp-github-vulnerability",
)
async def token_of_another_repository(place: Path) -> str | None:
    """What is injected into the work on a public repository reads a private one of the same installation."""
    github = _GitHub()
    async with _app(github) as repository:
        await repository.info()
    return None if github.minted[0].get("repository_ids") == [22] else "a token for every repository"


@attack(
    "token-in-a-comment",
    point=7,
    by=CENSORED,
    source="own: tokens of installations have five hundred letters now, and patterns for forty miss them",
)
async def token_in_a_comment(place: Path) -> str | None:
    """A model repeats an installation token of the new, long format in its words for a comment."""
    told = await _comment(f"before {TOKEN} after")
    return "the token" if JWT[-20:] in told else None


@attack(
    "header-in-a-comment",
    point=7,
    by=CENSORED,
    source="https://github.com/actions/checkout/blob/main/adrs/0153-checkout-v2.md",
)
async def header_in_a_comment(place: Path) -> str | None:
    """Debug words of git, with the header that it sent, are quoted in a comment."""
    header = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    told = await _comment(f"before => Send header: AUTHORIZATION: basic {header}")
    return "the token" if header in told else None


@attack(
    "line-of-the-key-in-a-comment",
    point=7,
    by=CENSORED,
    source="https://github.com/openai/codex-action/blob/main/docs/security.md",
)
async def line_of_the_key_in_a_comment(place: Path) -> str | None:
    """One line of the App's private key is quoted, without the words around it that would give it away."""
    line = _pem().splitlines()[5]
    return "a line of the key" if line in await _comment(f"before\n{line}\nafter") else None


@attack("environment-in-base64", point=7, by=WITHIN_BASE64, source="CVE-2025-30066 (tj-actions/changed-files)")
async def environment_in_base64(place: Path) -> str | None:
    """`env | base64` is quoted: none of the secrets' own base64 forms stands in it."""
    encoded = base64.b64encode(f"A=1 BB={HOOK} C=2".encode()).decode()
    return "the webhook secret" if encoded[12:40] in await _comment(f"before {encoded}") else None


@attack("secret-in-a-pull-request", point=7, by=CENSORED, source="own: a title comes from a model, or from an issue")
async def secret_in_a_pull_request(place: Path) -> str | None:
    """The secret of the webhook stands in a pull request's title, percent-encoded, and in an input of a workflow."""
    github = _GitHub()
    async with _app(github) as repository:
        with contextlib.suppress(GitHubError):
            await repository.open_pull_request("otto/7", "main", f"before {HOOK}", f"at {urllib.parse.quote(HOOK)}")
        await repository.dispatch("ci.yml", "otto/7", {"note": HOOK})
    return "the webhook secret" if HOOK in github.told else None


@attack("secret-at-the-limit", point=7, by=WHOLE_BEFORE_CUT, source="own: what is cut looks like nothing that is known")
async def secret_at_the_limit(place: Path) -> str | None:
    """A text is so long that GitHub's limit cuts the secret in its middle."""
    github = _GitHub()
    async with _app(github) as repository:
        with contextlib.suppress(GitHubError):
            await repository.edit_pull_request(1, title=f"before {'x' * 225} {HOOK}")
    return "a part of the webhook secret" if HOOK[:16] in github.told else None


@attack("secret-in-an-exception", point=7, by=CLEAN_LOGS, source="own: h11 and httpx quote the header that they refuse")
def secret_in_an_exception(place: Path) -> str | None:
    """A library logs an exception whose words hold a header; the host's logs are read by many."""
    out = io.StringIO()
    log = logging.getLogger("some.library")
    log.propagate, log.handlers = False, [logging.StreamHandler(out)]
    with _logging_of_the_host():
        try:
            int(f"Illegal header value b'token {TOKEN}' with {HOOK}")
        except ValueError:
            log.exception("request failed: %s", {"Authorization": f"Bearer {TOKEN}"})
    return "the token" if JWT in out.getvalue() or HOOK in out.getvalue() else None


@contextlib.contextmanager
def _logging_of_the_host() -> Iterator[None]:
    plain = logging.getLogRecordFactory()
    logging.setLogRecordFactory(discretion._records(Redactor([HOOK])))
    try:
        yield
    finally:
        logging.setLogRecordFactory(plain)


@attack("header-in-an-error", point=7, by=TYPE_ALONE, source="own: h11 and httpx quote the header that they refuse")
async def header_in_an_error(place: Path) -> str | None:
    """A broken connection's error quotes the header that was being sent; errors are stored and shown."""

    def broken(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/access_tokens"):
            return _GitHub()(request)
        raise httpx.LocalProtocolError(f"Illegal header value {request.headers['authorization']!r}")

    async with _app(broken) as repository:
        try:
            await repository.info()
        except GitHubError as error:
            return "the token" if JWT in f"{error} {error.__cause__} {error.__context__}" else None
    return None


@attack(
    "path-that-climbs", point=7, by=NO_CLIMBING, source="own: githubkit 0.16 puts parts of a path into it as they are"
)
async def path_that_climbs(place: Path) -> str | None:
    """A file to read is called `../../../../user`: with the token another endpoint is asked."""
    github = _GitHub()
    async with _app(github) as repository:
        with contextlib.suppress(ValueError, GitHubError):
            await repository.file("../../../../../user", "main")
    return next(
        (str(request.url) for request in github.sent if "contents" not in request.url.path or ".." in str(request.url)),
        None,
    )


@attack(
    "log-at-the-metadata-address",
    point=7,
    by=STORAGE_BY_HTTPS,
    source="CVE-2019-5418, Capital One 2019: credentials by SSRF",
)
async def log_at_the_metadata_address(place: Path) -> str | None:
    """The answer to a request for a log leads to the address at which a cloud gives out its own credentials."""
    github = _GitHub()

    def answers(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/logs"):
            return httpx.Response(302, headers={"Location": "http://169.254.169.254/latest/meta-data/iam"})
        return httpx.Response(200, text="the host's own key") if request.url.host[0] == "1" else github(request)

    async with _app(answers) as repository:
        with contextlib.suppress(GitHubError):
            return (await repository.job_log(5)).decode()
    return None


@attack("token-in-a-log-for-the-model", point=7, by=CLEAN_PROMPTS, source="GHSA-cxm3-wv7p-598c (Nx, s1ngularity)")
async def token_in_a_log_for_the_model(place: Path) -> str | None:
    """A CI log holds a token; the model that reads it could write it anywhere, and its provider keeps it."""
    provider = _Provider()
    model = BudgetedModel(provider, _Purse(), Prices.published(), Redactor([HOOK]))
    said: list[dict[str, Any]] = [{"role": "user", "content": f"log: {TOKEN}"}]
    call = ModelCall(role="pilot", run="1", model="claude-fable-5", system="", messages=said, max_tokens=100)
    await model.ask(call)
    return "the token" if JWT in str(provider.asked[0].messages) else None


class _Provider:
    """Answers each call with the secret of the webhook, which it has found out somehow."""

    def __init__(self) -> None:
        self.asked: list[ModelCall] = []

    async def ask(self, call: ModelCall) -> ModelReply:
        self.asked.append(call)
        text = json.dumps({"words": f"use {HOOK} for it"})
        return ModelReply(
            text=text, content=[{"type": "text", "text": text}], stop_reason="end_turn", usage=Usage(output_tokens=9),
            usage_known=True, model=call.model, request_id="", latency_seconds=0.0, raw=text,
        )  # fmt: skip


class _Purse:
    async def reserve(self, call_id: str, usd: float) -> bool:
        return True

    async def settle(self, call_id: str, usage: Any) -> None:
        """Nothing is paid."""


class _Plan(BaseModel):
    words: str


@attack("secret-in-a-plan", point=7, by=READ_AS_STORED, source="CVE-2025-32711 (EchoLeak)")
async def secret_in_a_plan(place: Path) -> str | None:
    """A model that has found out a secret puts it into its plan: the ledger, later prompts and pages would have it."""
    model = BudgetedModel(_Provider(), _Purse(), Prices.published(), Redactor([HOOK]))
    said: list[dict[str, Any]] = [{"role": "user", "content": "plan"}]
    call = ModelCall(role="planner", run="1", model="claude-fable-5", system="", messages=said, max_tokens=100)
    answer = await structured.ask_for(model, call, _Plan, "nonce")
    return answer.value.words if answer.value is not None and HOOK in answer.value.words else None
