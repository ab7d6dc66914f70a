"""Attacks on the login of Mission Control: forms of other sites, logins that others began, sessions made at home."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr
from security_registry import attack, defence
from web_host import Answer, ask, fresh_database, living, settings

from otto_bot.app import App, build_app
from otto_bot.bench.simulate.planting import Change
from otto_bot.core.config import HostCaps
from otto_bot.core.values import Person, Repo
from otto_bot.store.database import open_database
from otto_bot.store.ledger import Ledger, Trigger
from otto_bot.web import cookies, entrance
from otto_bot.web.sessions import Seals, Ticket, leaving

PUBLIC, SECRET = "https://otto.example.org", "0123456789abcdef0123456789abcdef01234567"
NOWHERE = "http://127.0.0.1:9"
CWE = "https://cwe.mitre.org/data/definitions"
OAUTH = "https://datatracker.ietf.org/doc/html/rfc9700"

OWN_FORM = defence(
    "forms-carry-a-code-of-their-session",
    "A form counts only with a code that its own session alone can carry",
    Change("otto_bot.web.sessions", "Seals.fits", "return hmac.compare_digest", "return True or hmac.compare_digest"),
)
OWN_PAGES = defence(
    "forms-come-from-our-own-pages",
    "A form counts only where the browser says that it came from a page of Otto",
    Change("otto_bot.web.sites", "foreign", "return origin(sender) != origin(base)", "return False"),
)
SAME_BROWSER = defence(
    "a-login-ends-where-it-began",
    "A login ends only in the browser in which it began: with the state that was sealed there",
    Change(
        "otto_bot.web.login",
        "Logging._way",
        "if way is None or not hmac.compare_digest",
        "if way is None or hmac.compare_digest",
    ),
)
SEALED = defence(
    "sessions-are-sealed",
    "A session counts only where this host has sealed it with a key of its own secret",
    Change("otto_bot.web.sessions", "Seals._derived", "self._secret.get_secret_value().encode()", 'b"anybody"'),
)
HOME = defence(
    "a-login-leads-home",
    "A login leads to a page of Otto and nowhere else, whatever its link says",
    Change(
        "otto_bot.web.entrance", "local_path", 'if odd or not said.startswith("/") or said.startswith("//"):', "if odd:"
    ),
)
SEEN = defence(
    "runs-are-for-their-readers",
    "A run is shown only to whom GitHub lets read its repository; to others it does not exist",
    Change("otto_bot.web.viewer", "Viewer.sees", "self.repositories is None or", "True or"),
)  # fmt: skip


def _host(place: Path) -> App:
    """A host with login, and a GitHub that is not there."""
    more = {
        "client_id": "Iv23li01", "client_secret": SecretStr(SECRET), "public_url": PUBLIC, "host": "0.0.0.0",
        "github_api_url": NOWHERE, "github_web_url": NOWHERE,
    }  # fmt: skip
    return build_app(settings(place, fresh_database(place)).model_copy(update=more), lambda: True)


def _ticket() -> Ticket:
    now = datetime.now(UTC)
    return Ticket(a=now, i="s", u=6, l="vera", t="ghu_x", e=now + timedelta(hours=8))


def _headers(kind: str, sealed: str, **more: bytes) -> dict[bytes, bytes]:
    cookie = f"__Host-{kind}={sealed}".encode()
    return {b"host": b"otto.example.org", b"cookie": cookie, **{name.encode(): told for name, told in more.items()}}


async def _logout(place: Path, seals: Seals, csrf: str, **more: bytes) -> Answer:
    """A form is sent in the name of whoever has the session."""
    sealed = seals.seal(cookies.SESSION, _ticket())
    async with living(_host(place)) as app:
        return await ask(app, "POST", "/logout", f"csrf={csrf}".encode(), _headers(cookies.SESSION, sealed, **more))


@attack("form-without-the-code", point=2, by=OWN_FORM, source=f"{CWE}/352.html")
async def form_without_the_code(place: Path) -> str | None:
    """Another site lets a visitor's browser send a form here, with their cookie and a guess of its code."""
    answer = await _logout(place, Seals(SecretStr(SECRET)), "0" * 64)
    return "the session is over" if answer.status == 303 else None


@attack("form-of-another-site", point=2, by=OWN_PAGES, source=f"{CWE}/352.html")
async def form_of_another_site(place: Path) -> str | None:
    """Somebody saw the code of a form over a shoulder, and lets the visitor's browser send it from their own site."""
    seals = Seals(SecretStr(SECRET))
    answer = await _logout(place, seals, seals.csrf("s"), origin=b"https://evil.example")
    return "the session is over" if answer.status == 303 else None


@attack("login-of-somebody-else", point=2, by=SAME_BROWSER, source=OAUTH)
async def login_of_somebody_else(place: Path) -> str | None:
    """An attacker begins a login as themselves and lets the victim end it, who then acts as them."""
    sealed = Seals(SecretStr(SECRET)).seal(cookies.LOGIN, leaving("/", datetime.now(UTC)))
    async with living(_host(place)) as app:
        back = "/login/callback?code=theirs&state=theirs"
        answer = await ask(app, "GET", back, headers=_headers(cookies.LOGIN, sealed))
    # GitHub is not there: it was asked for a token of theirs.
    return "the attacker's code was redeemed" if answer.status == 503 else None


@attack("session-made-at-home", point=2, by=SEALED, source=f"{CWE}/565.html")
async def session_made_at_home(place: Path) -> str | None:
    """Somebody who knows the program seals a session for themselves, with a key that they chose."""
    answer = await _logout(place, _AtHome(SecretStr("")), "")
    # Without a session a logout leads home; with one it asks for the form's code.
    return "a session that nobody began" if answer.status == 403 else None


class _AtHome(Seals):
    """Seals as a host would whose secret is no secret."""

    def _derived(self, label: str) -> bytes:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return HKDF(SHA256(), 32, None, f"otto mission control 1 {label}".encode()).derive(b"anybody")


@attack("login-that-leads-elsewhere", point=2, by=HOME, source=f"{CWE}/601.html")
def login_that_leads_elsewhere(place: Path) -> str | None:
    """A link to the login leads on to a site that looks like Otto, once GitHub has vouched for it."""
    assert place
    links = ("//evil.example/runs", "https://evil.example", "/\\evil.example")
    return next((link for link in links if entrance.local_path(link) != "/"), None)


@attack("number-of-a-foreign-run", point=2, by=SEEN, source=f"{CWE}/639.html")
async def number_of_a_foreign_run(place: Path) -> str | None:
    """Somebody who has logged in and may read nothing here counts through the numbers of runs."""
    engine = open_database(fresh_database(place))
    repo, anna = Repo(id=7, installation_id=3, owner="o", name="a", default_branch="main"), Person(id=1, login="anna")
    trigger = Trigger(key="k", repo=repo, issue=1, title="T", body="B", actor=anna)
    Ledger(engine).start(trigger, HostCaps(), datetime(2026, 11, 1, 12, tzinfo=UTC))
    engine.dispose()
    ticket = _ticket()
    sealed = Seals(SecretStr(SECRET)).seal(cookies.SESSION, ticket)
    async with living(_host(place)) as app:
        app.entrance.door._of(ticket).at = datetime.now(UTC)  # GitHub has just said: nothing
        answer = await ask(app, "GET", "/runs/1", headers=_headers(cookies.SESSION, sealed))
    return "the page of a run" if b"o/a#1" in answer.body else None
