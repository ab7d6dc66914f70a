"""Check of Mission Control: whether people can reach it and log in, as it is set."""

from __future__ import annotations

from otto_bot.core.finding import Finding
from otto_bot.doctor.host import Host
from otto_bot.doctor.running import Cannot
from otto_bot.text.doctor import found
from otto_bot.text.doctor_host import NO_SETTINGS

SAYS = "ok"
"""What `/healthz` answers."""


async def pages(host: Host) -> list[Finding]:
    """What keeps a host from starting is said of the settings; here is whether the public address leads to it."""
    if not host.given.pages_known:
        raise Cannot(NO_SETTINGS)
    reach = host.settings.reach
    if reach.mode == "off":
        return [found("pages", "off")]
    if reach.public_url:
        seen = await host.look(f"{reach.public_url}/healthz")
        if seen.why:
            return [found("pages", "unreachable", url=reach.public_url, why=seen.why)]
        if seen.status != 200 or seen.body.strip() != SAYS:
            return [found("pages", "odd", url=reach.public_url)]
    if reach.mode == "login":
        return [found("pages", "login", url=reach.public_url or f"http://{reach.bound}:{host.settings.port}")]
    return [found("pages", "local")]
