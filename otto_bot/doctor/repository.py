"""Checks of a repository itself: installed, granted, set up, and what of it Otto leaves to people."""

from __future__ import annotations

from otto_bot.core.branch_rules import branches_of, closed, fitting_prefixes, linear, signs
from otto_bot.core.config import ConfigError
from otto_bot.core.finding import Finding
from otto_bot.core.lfs import Kept
from otto_bot.core.onboarding import CONFIG_PATH
from otto_bot.core.rights import lacking
from otto_bot.doctor.at_github import granted_less
from otto_bot.doctor.models import by_model, unpriced
from otto_bot.doctor.place import Place
from otto_bot.github.errors import Moved, NotFound
from otto_bot.text.branch_rules import refused_by_rules
from otto_bot.text.doctor import found
from otto_bot.text.offers import ADD_CONFIG
from otto_bot.text.offers import offers as lacking_files
from otto_bot.text.spoken import spoken

MOST_PROBLEMS = 10


async def installed(place: Place) -> list[Finding]:
    """Whether anything can be done there at all."""
    name, web = f"{place.owner}/{place.name}", place.host.settings.web_url
    try:
        one = await place.installation()
        if one.suspended_at is not None:
            return [found("installed", "suspended", name=name, page=one.html_url)]
        info = await place.host.github.named(one.id, place.owner, place.name)
    except (NotFound, Moved):
        slug = (await place.host.registered()).slug
        return [found("installed", "not", name=name, page=f"{web}/apps/{slug}/installations/new")]
    told = {"name": info.full_name, "branch": info.default_branch}
    for outcome, holds in (("archived", info.archived), ("disabled", info.disabled)):
        if holds:
            return [found("installed", outcome, **told)]
    renamed = info.full_name.lower() != name.lower()
    said = [found("installed", "renamed", name=name, now=info.full_name)] if renamed else []
    empty = await (await place.repository()).branch_sha(info.default_branch) is None
    return [*said, found("installed", "empty" if empty else "there", **told)]


async def issues(place: Place) -> list[Finding]:
    """Where there are none, nothing can be labelled."""
    return [found("issues", "on" if (await place.info()).has_issues else "off")]


async def permissions(place: Place) -> list[Finding]:
    """What the owner granted."""
    try:
        one = await place.installation()
    except (NotFound, Moved):
        await place.info()
        raise
    if not lacking(one.permissions):
        return [found("permissions", "granted")]
    return [granted_less("permissions", one.permissions, {"page": one.html_url})]


async def configuration(place: Place) -> list[Finding]:
    """`otto.yml`, as a run would read it."""
    try:
        config = await place.read()
    except ConfigError as error:
        return [
            found("configuration", "invalid", place=where, why=why) for where, why in error.problems[:MOST_PROBLEMS]
        ]
    there = await (await place.repository()).file(CONFIG_PATH, await place.base()) is not None
    said = [found("configuration", "valid" if there else "none", label=config.label)]
    roles = by_model(config.models)
    unknown = unpriced(place.host.settings, roles)
    return said + [found("configuration", "no_price", model=model, role=roles[model][0]) for model in unknown]


async def branch_rules(place: Place) -> list[Finding]:
    """What GitHub's rules do with branches of Otto's."""
    config, rules, links = await place.config(), await place.rules(), await place.links()
    prefix = config.branches.prefix
    broken = closed(rules, branches_of(prefix, 1, 1))
    fitting = fitting_prefixes(rules, prefix, 1, 1)
    said = []
    if broken and fitting and all(one.rule.kind == "branch_name_pattern" for one in broken):
        said.append(found("branch-rules", "named", prefix=fitting[0]))
    elif broken:
        said.append(found("branch-rules", "closed", why=spoken(refused_by_rules(broken, links, prefix))))
    said += [found("branch-rules", "signed")] if signs(rules) else []
    said += [found("branch-rules", "linear")] if linear(rules) else []
    return said or [found("branch-rules", "free", prefix=prefix)]


async def labels(place: Place) -> list[Finding]:
    """The one that starts a run; the others come with it."""
    label = (await place.config()).label
    known = await (await place.repository()).label_names()
    return [found("labels", "there" if label.lower() in known else "missing", label=label)]


async def person(place: Place) -> list[Finding]:
    """Of whoever asks, where they said who they are."""
    if not place.login:
        return []
    seen = await (await place.repository()).permission(place.login)
    role = seen.role_name or seen.level
    return [found("person", "writes" if seen.can_write else "reads", login=place.login, role=role)]


async def files(place: Place) -> list[Finding]:
    """What git does not hold."""
    repository, base = await place.repository(), await place.base()
    attributes = await repository.file(".gitattributes", base)
    modules = await repository.file(".gitmodules", base)
    kept = Kept({".gitattributes": (attributes or b"").decode("utf-8", "replace")})
    said = [found("files", "lfs")] if kept else []
    said += [found("files", "submodules")] if modules else []
    return said or [found("files", "plain")]


async def offers(place: Place) -> list[Finding]:
    """Files that a person could commit, as links to GitHub's editor. Otto opens no pull request for them."""
    info, facts, web = await place.info(), await place.facts(), place.host.settings.web_url
    said = [
        found("offers", "config" if one.what == ADD_CONFIG else "verify", link=one.link)
        for one in lacking_files(web, info.full_name, info.default_branch, facts)
    ]
    return said or [found("offers", "none")]
