"""Check of the models: the key, each role's model, its price. What is asked of the provider costs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from otto_bot.core.config import ModelsConfig, read_config
from otto_bot.core.finding import Finding
from otto_bot.doctor.host import Host
from otto_bot.model.client import ModelClient
from otto_bot.model.errors import ProviderError, UnknownPrice
from otto_bot.model.prices import Prices
from otto_bot.settings import MODEL_KEYS, Settings
from otto_bot.text.doctor import found, names

SECONDS = 15.0
USUAL = "api.anthropic.com"


async def models(host: Host) -> list[Finding]:
    """Of the defaults; a repository may name others."""
    roles = by_model(read_config(None, host.settings.caps).models)
    unknown = unpriced(host.settings, roles)
    priced = [found("models", "no_price", model=one, roles=", ".join(roles[one])) for one in unknown]
    environment = host.given.environment
    base = environment.get("ANTHROPIC_BASE_URL", "")
    address = _host_of(base) or USUAL
    said = [found("models", "elsewhere", address=address)] if base else []
    if not any(environment.get(key) for key in MODEL_KEYS):
        return [*said, *priced, found("models", "no_key")]
    refused = await _refused(environment, roles)
    if not refused and not priced:
        said.append(found("models", "there", address=address, models=names(list(roles))))
    return [*said, *priced, *refused]


def by_model(config: ModelsConfig) -> dict[str, list[str]]:
    """Each model with the roles that it plays."""
    found_roles: dict[str, list[str]] = {}
    for role, model in config.by_role.items():
        found_roles.setdefault(model, []).append(role)
    return found_roles


def prices_of(settings: Settings) -> Prices:
    """The published table, and what the host added."""
    return Prices.published().plus_json(settings.prices) if settings.prices else Prices.published()


def unpriced(settings: Settings, models: Iterable[str]) -> list[str]:
    """Models that no budget could hold."""
    prices = prices_of(settings)
    unknown = []
    for model in models:
        try:
            prices.price(model)
        except UnknownPrice:
            unknown.append(model)
    return unknown


async def _refused(environment: Mapping[str, str], roles: Mapping[str, Sequence[str]]) -> list[Finding]:
    """By the SDK as the worker uses it: it reads the same variables."""
    client = await asyncio.to_thread(
        ModelClient,
        environment.get("ANTHROPIC_API_KEY") or None,
        environment.get("ANTHROPIC_BASE_URL") or None,
        SECONDS,
    )
    async with client:
        told = await asyncio.gather(*(_problem(client, model) for model in roles))
    pairs = zip(roles.items(), told, strict=True)
    return [
        found("models", "refused", model=model, roles=", ".join(played), why=why)
        for (model, played), why in pairs
        if why
    ]


async def _problem(client: ModelClient, model: str) -> str:
    try:
        await client.count(model, ".")
    except ProviderError as error:
        return error.message
    return ""


def _host_of(url: str) -> str:
    """Where it leads, without what may be secret in it."""
    from urllib.parse import urlsplit

    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
