"""How Otto's branches are named and its commits made, where that is otherwise than usual; why."""

from __future__ import annotations

from otto_bot.core.branch_rules import BranchRule, linear, signs
from otto_bot.core.run import Run
from otto_bot.text.branch_rules import demand
from otto_bot.text.links import Links
from otto_bot.text.markdown import code
from otto_bot.text.trouble import Trouble, see


def branches_lines(run: Run, links: Links) -> str:
    """A line for each thing that a rule, or a branch in the way, makes otherwise; mostly none."""
    lines = [_prefix(run, links)]
    if signs(run.branch_rules):
        words = "**Commits** are made by GitHub and signed: a rule (`required_signatures`) takes no others."
        lines.append(f"{words} {see(links, Trouble.REQUIRED_SIGNATURES)}")
    if linear(run.branch_rules):
        branch = code(run.repo.default_branch, 80)
        words = f"**No merge commits:** a rule (`required_linear_history`) takes none, so {branch} is not taken in."
        lines.append(f"{words} {see(links, Trouble.LINEAR_HISTORY)}")
    return "\n".join(line for line in lines if line)


def _prefix(run: Run, links: Links) -> str:
    """Why branches begin as they do, where it is not what is configured."""
    wanted = run.config.branches.prefix
    if run.branches_prefix == wanted or not run.branches_prefix:
        return ""
    lead = f"**Branches** begin with {code(f'{run.branches_prefix}/', 100)}:"
    rules = [rule for rule in run.branch_rules if rule.kind == "branch_name_pattern"]
    if rules:
        return f"{lead} a rule wants names that {_demands(rules)}. {see(links, Trouble.BRANCH_PATTERN)}"
    there = code(run.branches_prefix.removesuffix("-bot"), 100)
    return f"{lead} a branch named {there} stands in the way of others. {see(links, Trouble.BRANCH_NAMED_OTTO)}"


def _demands(rules: list[BranchRule]) -> str:
    return " and ".join(demand(rule) for rule in rules[:3])
