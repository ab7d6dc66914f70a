"""Checks of what GitHub knows of the App: that it is reached, who the App is, what it may do, where webhooks go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from otto_bot.core.finding import Finding
from otto_bot.core.rights import EVENTS, NEEDED, hindering, lacking, unheard
from otto_bot.doctor.host import Host, Looked
from otto_bot.doctor.running import Cannot
from otto_bot.github.ci_models import Delivery, Hook, Installation
from otto_bot.github.errors import NotFound, Unauthorized
from otto_bot.text.doctor import found, names, rights
from otto_bot.web.reach import loopback

OFF, WRONG = 20, 55
"""Seconds. GitHub refuses a login that was made a minute ahead of its clock."""
MOST_SAID = 20
POLLS = 15.0
"""Without webhooks Otto should ask at least every so many seconds."""


async def github(host: Host) -> list[Finding]:
    """The API and the pages, where git works too."""
    settings = host.settings
    api, web = await host.api(), await host.look(settings.web_url + "/")
    said = []
    if api.why:
        said.append(found("github", "api_gone", api=settings.github_api_url, why=api.why))
    if web.why:
        said.append(found("github", "web_gone", web=settings.web_url, why=web.why))
    return said or [found("github", "reached", api=settings.github_api_url, web=settings.web_url)]


async def clock(host: Host) -> list[Finding]:
    """By the time that GitHub's answer carries."""
    looked = await host.api()
    if looked.ahead is None:
        raise Cannot((f"GitHub's API told no time ({looked.why or 'no Date header'})", "See what is said of `github`."))
    ahead = looked.ahead.total_seconds()
    seconds, way = round(abs(ahead)), "behind" if ahead > 0 else "ahead of"
    if seconds < OFF:
        return [found("clock", "right", seconds=max(seconds, 1))]
    return [found("clock", "off" if seconds < WRONG else "wrong", seconds=seconds, way=way)]


async def credentials(host: Host) -> list[Finding]:
    """The App's id and key, as GitHub takes them."""
    try:
        app = await host.registered()
    except (Unauthorized, NotFound) as error:
        return [found("credentials", "refused", why=str(error))]
    return [found("credentials", "accepted", slug=app.slug, id=app.id)]


async def app_permissions(host: Host) -> list[Finding]:
    """Asked for by the App, whoever has accepted it."""
    app = await host.registered()
    said = []
    if missing := lacking(app.permissions):
        said.append(found("app-permissions", "missing", missing=rights(missing)))
    more = sorted(f"{name}: {level}" for name, level in app.permissions.items() if _more(name, level))
    if more:
        said.append(found("app-permissions", "more", more=names(more)))
    return said or [found("app-permissions", "enough", count=len(NEEDED))]


def _more(name: str, level: str) -> bool:
    needed = NEEDED.get(name)
    return needed is None or (needed == "read" and level != "read")


async def app_events(host: Host) -> list[Finding]:
    """What the App is told; without a webhook it is told nothing anyway."""
    app, hook = await host.registered(), await host.hook()
    if not hook.url:
        return [found("app-events", "no_hook")]
    missing = unheard(app.events)
    if missing:
        return [found("app-events", "missing", missing=names(missing, 12))]
    return [found("app-events", "enough", count=len(EVENTS))]


async def installations(host: Host) -> list[Finding]:
    """What each owner granted."""
    every = await host.installations()
    if not every:
        return [found("installations", "none", page=(await host.registered()).html_url)]
    hook = await host.hook()
    said = [finding for one in every for finding in _installation(one, hook)]
    bad = [one for one in said if one.level != "ok"]
    return bad[:MOST_SAID] if bad else said[:MOST_SAID]


def _installation(one: Installation, hook: Hook) -> Iterator[Finding]:
    who = {"who": one.account_login or f"installation {one.id}", "page": one.html_url}
    if one.suspended_at is not None:
        yield found("installations", "suspended", since=f"{one.suspended_at:%Y-%m-%d}", **who)
        return
    missing = lacking(one.permissions)
    if missing:
        yield granted_less("installations", one.permissions, who)
    elif hook.url and (silent := unheard(one.events)):
        yield found("installations", "unheard", missing=names(silent, 12), **who)
    else:
        yield found("installations", "granted", **who)


def granted_less(check: str, permissions: Mapping[str, str], parts: Mapping[str, str]) -> Finding:
    """What an owner has not granted, and whether runs can do without it."""
    hinders = bool(hindering(permissions))
    missing = rights(lacking(permissions))
    return found(check, "lacking" if hinders else "less", missing=missing, **parts)


async def webhook(host: Host) -> list[Finding]:
    """From GitHub to here."""
    hook, settings = await host.hook(), host.settings
    if not hook.url:
        polls = settings.round_seconds <= POLLS
        return [found("webhook", "polling" if polls else "no_hook", seconds=f"{settings.round_seconds:g}")]
    seen = await host.look(hook.url)
    last = await host.github.recent_deliveries()
    said = [*_form(hook), *_answers(hook, seen), *_arrived(last)]
    if any(one.level != "note" for one in said):
        return said
    arrived = sum(one.ok for one in last)
    return [*said, found("webhook", "well", url=hook.url, count=arrived, all=len(last))]


def _form(hook: Hook) -> Iterator[Finding]:
    if hook.content_type != "json":
        yield found("webhook", "form", type=hook.content_type)
    if hook.insecure_ssl not in ("0", "False", "false"):
        yield found("webhook", "insecure", url=hook.url)
    parts = urlsplit(hook.url)
    if parts.scheme != "https" and not loopback(parts.hostname or ""):
        yield found("webhook", "plain", url=hook.url)


def _answers(hook: Hook, seen: Looked) -> Iterator[Finding]:
    """Otto's own address takes POST alone, and says so."""
    if seen.why:
        yield found("webhook", "unreachable", url=hook.url, why=seen.why)
    elif not (seen.status == 405 and "POST" in seen.allow.upper()):
        yield found("webhook", "elsewhere", url=hook.url, status=seen.status)


def _arrived(last: Sequence[Delivery]) -> Iterator[Finding]:
    """What became of the newest try of each delivery."""
    newest: dict[str, Delivery] = {}
    for one in last:
        newest.setdefault(one.guid, one)
    failed = [one for one in newest.values() if not one.ok]
    if not last:
        yield found("webhook", "silent")
    elif failed and failed[0].status_code == 401:
        yield found("webhook", "unsigned")
    elif failed:
        said = failed[0].status or str(failed[0].status_code)
        yield found("webhook", "failed", failed=len(failed), all=len(newest), said=said)
