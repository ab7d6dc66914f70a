"""What GitHub's rules for branches mean for a run: which prefix its own get, and whether they can be pushed at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from otto_bot.core.branch_rules import (
    MANNER,
    OF_COMMITS,
    OF_FILES,
    WEB_FLOW,
    BranchRule,
    Broken,
    Made,
    branches_of,
    closed,
    fitting_prefixes,
    refused,
    signs,
)
from otto_bot.core.config import BranchesConfig, Config
from otto_bot.core.run import Run
from otto_bot.git.mirror import Mirror
from otto_bot.git.rebuilding import originals, sizes_of
from otto_bot.github.verbs import Repository
from otto_bot.jobs.context import Context
from otto_bot.jobs.outcomes import NeedsPerson
from otto_bot.text.branch_rules import refused_by_rules, trouble_of
from otto_bot.text.commits import empty_commit

USUAL = BranchesConfig().prefix
MOST_TRIED = 3
"""Prefixes that GitHub is asked about."""


class Naming(NamedTuple):
    """How branches begin, the rules that hold for them, and what of those refuses them in any case."""

    prefix: str
    rules: tuple[BranchRule, ...]
    broken: Sequence[Broken] = ()
    fitting: str | None = None
    chosen: bool = False
    """The prefix is one that a rule wants."""

    @property
    def told(self) -> list[BranchRule]:
        """The rules that Otto follows by doing something otherwise."""
        return [rule for rule in self.rules if rule.kind in MANNER or (self.chosen and _of_names(rule))]


def _of_names(rule: BranchRule) -> bool:
    return rule.kind == "branch_name_pattern"


async def naming(context: Context, run: Run, config: Config) -> Naming:
    """The configured prefix, another one where it cannot be: a branch stands in the way, or a rule wants other names.

    Where somebody has set a prefix, no other one is chosen instead of it because of a rule.
    """
    found = await _under(context, run, config.branches.prefix)
    names_only = found.broken and all(_of_names(broken.rule) for broken in found.broken)
    others = fitting_prefixes(found.rules, config.branches.prefix, run.issue, run.ordinal) if names_only else []
    for other in others[:MOST_TRIED]:
        fitting = await _under(context, run, other)
        if not fitting.broken:
            usual = config.branches.prefix == USUAL
            return fitting._replace(chosen=True) if usual else found._replace(fitting=fitting.prefix)
    return found


async def _under(context: Context, run: Run, prefix: str) -> Naming:
    repository = context.repository(run)
    prefix = await _free(repository, prefix)
    names = branches_of(prefix, run.issue, run.ordinal)
    rules = await repository.binding_rules(names[0])
    if not rules:
        return Naming(prefix, rules, [])
    email = (await context.author()).email
    # What every run pushes first: its words and its author are known before anything is paid.
    first = Made(
        message=empty_commit(run, await context.habits(run)),
        author=email,
        committer=WEB_FLOW if signs(rules) else email,
    )
    return Naming(prefix, rules, [*closed(rules, names), *refused(rules, [first])])


async def _free(repository: Repository, prefix: str) -> str:
    """The prefix, or another one where a branch of that very name, or of its beginning, stands in the way."""
    parts = prefix.split("/")
    for count in range(1, len(parts) + 1):
        if await repository.branch_sha("/".join(parts[:count])) is not None:
            parts[count - 1] += "-bot"
    return "/".join(parts)


async def hold_to_rules(
    context: Context, run: Run, mirror: Mirror, rules: Sequence[BranchRule], sha: str, branch: str, known: Sequence[str]
) -> None:
    """Raises NeedsPerson where a rule refuses the branch or one of the commits that GitHub does not have yet."""
    broken = closed(rules, [branch])
    if any(rule.kind in OF_COMMITS for rule in rules):
        broken += refused(rules, await _about_to_come(mirror, rules, sha, known))
    if broken:
        words = refused_by_rules(broken, context.links(run), run.branches_prefix)
        raise NeedsPerson(words, trouble_of(broken))


async def _about_to_come(mirror: Mirror, rules: Sequence[BranchRule], sha: str, known: Sequence[str]) -> list[Made]:
    files = any(rule.kind in OF_FILES for rule in rules)
    made = []
    for one in await originals(mirror, sha, known):
        shown = (await mirror.git("log", "--no-walk", "--format=%ae%n%ce", one.sha)).text.split("\n")
        made.append(
            Made(
                sha=one.sha,
                message=one.message,
                author=shown[0],
                committer=WEB_FLOW if signs(rules) else shown[-1],
                parents=len(one.parents),
                files=await sizes_of(mirror, one) if files else (),
            )
        )
    return made
