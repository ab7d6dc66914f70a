"""Rules of a repository that refuse what Otto would push, or say how: what they want, and what a person can do."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.branch_rules import CLOSED, BranchRule, Broken
from otto_bot.text.links import Links
from otto_bot.text.markdown import one_line
from otto_bot.text.refusals import REASON_LIMIT

_CLOSED = {
    "creation": "lets nobody make a branch like {what}",
    "update": "lets nobody push to a branch like {what} once it is there",
    "pull_request": "takes changes of a branch like {what} only by a pull request",
    "required_status_checks": "takes only commits on a branch like {what} whose checks have passed before",
    "merge_queue": "takes changes of a branch like {what} only through a merge queue",
}
_OPERATORS = {"starts_with": "start with", "ends_with": "end with", "contains": "contain", "regex": "match"}
_PATTERNS = {
    "branch_name_pattern": "wants names of branches that {demand}; Otto's would be {what}",
    "commit_message_pattern": "wants commit messages that {demand}; Otto's begins with {what}",
    "commit_author_email_pattern": "wants addresses of authors that {demand}; Otto's is {what}",
    "committer_email_pattern": "wants addresses of committers that {demand}; that of Otto's commits is {what}",
}
_FILES = {
    "file_path_restriction": "lets nobody push changes of {what}",
    "file_extension_restriction": "lets nobody push files like {what}",
    "max_file_path_length": "takes no path of more than {limit} characters, and {what} is longer",
    "max_file_size": "takes no file of more than {limit} MB, and {what} is larger",
    "required_linear_history": "takes no merge commit, and {what} is one",
    "required_signatures": "takes signed commits alone",
}


def refused_by_rules(broken: Sequence[Broken], links: Links, prefix: str, fitting: str | None = None) -> str:
    """What refuses Otto's branches or commits, and what a person can do. `fitting`: a prefix that is let through."""
    shown = "; ".join(f"{_name(one.rule)} {_wants(one)}" for one in broken[:2])
    more = f"; and {len(broken) - 2} more" if len(broken) > 2 else ""
    remedy = (
        "An administrator can let the App of Otto bypass this in Settings → Rules → Rulesets, or exclude "
        f"{_code(f'{prefix}/**', 90)} there"
    )
    if fitting:
        remedy += f"; or set {_code(f'branches.prefix: {fitting}', 90)} in `.github/otto.yml`"
    elif all(one.rule.kind == "branch_name_pattern" for one in broken):
        remedy += "; or choose a prefix that fits with `branches.prefix` in `.github/otto.yml`"
    words = f"{shown}{more}. {remedy}. All of them are here: "
    return f"{one_line(words, REASON_LIMIT - len(links.rules) - 1)} {links.rules}"


def _name(rule: BranchRule) -> str:
    where = f" of ruleset {rule.ruleset}" if rule.ruleset is not None else ""
    return f"the rule `{rule.kind}`{where}"


def _wants(broken: Broken) -> str:
    words = {**_CLOSED, **_PATTERNS, **_FILES}[broken.rule.kind]
    return words.format(what=_code(broken.what, 100), demand=demand(broken.rule), limit=broken.rule.limit)


def demand(rule: BranchRule) -> str:
    """What a pattern asks for: `start with feature/`."""
    return f"{'do not ' if rule.negate else ''}{_OPERATORS.get(rule.operator, 'match')} {_code(rule.pattern, 120)}"


def _code(text: str, limit: int) -> str:
    return f"`{one_line(text.split(chr(10), 1)[0], limit).replace('`', chr(39))}`"


def not_signed(reason: str) -> str:
    """GitHub made a commit through its API and did not sign it."""
    return one_line(
        "a rule of this repository wants signed commits (`required_signatures`), and GitHub did not sign one that Otto "
        f"made through its API ({_code(reason or 'no reason', 40)}). On GitHub Enterprise Server an administrator must "
        "switch on signing of web commits; else let the App of Otto bypass the rule in Settings → Rules → Rulesets",
        REASON_LIMIT,
    )


def cannot_be_told(detail: str) -> str:
    """GitHub's API takes no path that is no UTF-8."""
    return one_line(
        "a rule of this repository wants signed commits (`required_signatures`), so that Otto has GitHub make them "
        f"through its API; that cannot be told of this change: {_code(detail, 120)}. Rename the file, or let the App "
        "of Otto bypass the rule in Settings → Rules → Rulesets",
        REASON_LIMIT,
    )


def trouble_of(broken: Sequence[Broken]) -> str:
    """The entry of docs/troubleshooting.md that says more."""
    kind = broken[0].rule.kind
    if kind in CLOSED:
        return "restricted-creation"
    return "linear-history" if kind == "required_linear_history" else "branch-pattern"
