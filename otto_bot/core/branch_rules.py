"""GitHub's rules for a branch, as far as they bind Otto: read from its JSON, and held against names and commits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from otto_bot.core.config import PREFIX_PATTERN
from otto_bot.core.globs import BadGlob, checked, filter_glob
from otto_bot.core.linear_regex import Unknown, search
from otto_bot.core.values import Frozen

Kind = Literal[
    "creation", "update", "pull_request", "required_status_checks", "merge_queue", "branch_name_pattern",
    "required_signatures", "required_linear_history", "commit_message_pattern", "commit_author_email_pattern",
    "committer_email_pattern", "file_path_restriction", "file_extension_restriction", "max_file_path_length",
    "max_file_size",
]  # fmt: skip
CLOSED: frozenset[str] = frozenset({"creation", "update", "pull_request", "required_status_checks", "merge_queue"})
"""What keeps Otto from making a branch, or from moving one of its own forward, whatever it would push."""
MANNER: frozenset[str] = frozenset({"required_signatures", "required_linear_history"})
"""What says how commits are made: Otto makes them so."""
PATTERNS: frozenset[str] = frozenset(
    {"branch_name_pattern", "commit_message_pattern", "commit_author_email_pattern", "committer_email_pattern"}
)
LISTS = {"file_path_restriction": "restricted_file_paths", "file_extension_restriction": "restricted_file_extensions"}
LIMITS = {"max_file_path_length": "max_file_path_length", "max_file_size": "max_file_size"}
KINDS = CLOSED | MANNER | PATTERNS | LISTS.keys() | LIMITS.keys()
OF_FILES = frozenset({*LISTS, *LIMITS})
OF_COMMITS = OF_FILES | PATTERNS - {"branch_name_pattern"} | {"required_linear_history"}
MEGABYTE = 1024 * 1024
MOST_BEGINNINGS = 8
WEB_FLOW = "noreply@github.com"
"""The committer of what GitHub signs."""
_LITERALS = re.compile(r"\^\(?(?:\?:)?([\w-]+(?:/[\w-]+)*(?:\|[\w-]+(?:/[\w-]+)*)*)\)?(/?)")


class BranchRule(Frozen):
    """One rule. `operator`, `pattern` and `negate` are those of a pattern, `listed` and `limit` those of files."""

    kind: Kind
    ruleset: int | None = None
    operator: str = ""
    pattern: str = ""
    negate: bool = False
    listed: tuple[str, ...] = ()
    limit: int | None = None


class Made(Frozen):
    """A commit that is about to be pushed. `files`: path and size of what it adds or changes."""

    sha: str = ""
    message: str
    author: str
    committer: str
    parents: int = 1
    files: tuple[tuple[str, int], ...] = ()


class Broken(Frozen):
    """A rule that refuses something. `what` is the name, the line or the path that it refuses."""

    rule: BranchRule
    what: str = ""


def read_rules(items: Iterable[Mapping[str, Any]]) -> tuple[BranchRule, ...]:
    """The rules that bind. What is not known, or not in a form that is known, binds nobody before a push tells."""
    return tuple(rule for item in items if (rule := _read(item)) is not None)


def _read(item: Mapping[str, Any]) -> BranchRule | None:
    kind, given = item.get("type"), item.get("parameters")
    given = given if isinstance(given, Mapping) else {}
    if not isinstance(kind, str) or kind not in KINDS:
        return None
    ruleset = item.get("ruleset_id")
    found: dict[str, Any] = {"kind": kind, "ruleset": ruleset if type(ruleset) is int else None}
    if kind in PATTERNS:
        operator, pattern = given.get("operator"), given.get("pattern")
        if operator not in _OPERATORS or not isinstance(pattern, str):
            return None
        found |= {"operator": operator, "pattern": pattern, "negate": given.get("negate") is True}
    elif kind in LISTS:
        listed = given.get(LISTS[kind])
        found["listed"] = tuple(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()
    elif kind in LIMITS:
        limit = given.get(LIMITS[kind])
        if type(limit) is not int:
            return None
        found["limit"] = limit
    return BranchRule.model_validate(found)


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "starts_with": lambda pattern, text: text.startswith(pattern),
    "ends_with": lambda pattern, text: text.endswith(pattern),
    "contains": lambda pattern, text: pattern in text,
    "regex": search,
}


def fits(rule: BranchRule, text: str) -> bool:
    """Whether a pattern rule lets a text through. One that is not understood does: the push will tell."""
    try:
        return _OPERATORS[rule.operator](rule.pattern, text) != rule.negate
    except Unknown:
        return True


def signs(rules: Iterable[BranchRule]) -> bool:
    """Whether commits must be signed."""
    return any(rule.kind == "required_signatures" for rule in rules)


def linear(rules: Iterable[BranchRule]) -> bool:
    """Whether no merge commit may be pushed."""
    return any(rule.kind == "required_linear_history" for rule in rules)


def closed(rules: Iterable[BranchRule], branches: Sequence[str]) -> list[Broken]:
    """What refuses branches of these names, whatever stands on them."""
    found = []
    for rule in rules:
        if rule.kind in CLOSED:
            found.append(Broken(rule=rule, what=branches[0]))
        elif rule.kind == "branch_name_pattern":
            found += [Broken(rule=rule, what=name) for name in branches if not fits(rule, name)][:1]
    return found


def refused(rules: Iterable[BranchRule], commits: Sequence[Made]) -> list[Broken]:
    """What refuses these commits: each rule once, with the first thing that it refuses."""
    found = []
    for rule in rules:
        for commit in commits:
            what = _against(rule, commit)
            if what is not None:
                found.append(Broken(rule=rule, what=what))
                break
    return found


def _against(rule: BranchRule, commit: Made) -> str | None:
    """What of a commit breaks a rule; None = nothing."""
    if rule.kind in PATTERNS:
        text = {
            "commit_message_pattern": commit.message.strip(),
            "commit_author_email_pattern": commit.author,
            "committer_email_pattern": commit.committer,
        }.get(rule.kind)
        return None if text is None or fits(rule, text) else text
    if rule.kind == "required_linear_history":
        return commit.sha if commit.parents > 1 else None
    test = _FILES.get(rule.kind)
    return None if test is None else next((path for path, size in commit.files if test(rule, path, size)), None)


def _listed_path(rule: BranchRule, path: str, _size: int) -> bool:
    try:
        return any(filter_glob(checked(one.removeprefix("/"))).matches(path) for one in rule.listed)
    except BadGlob:
        return False


_FILES: Mapping[str, Callable[[BranchRule, str, int], bool]] = {
    "file_path_restriction": _listed_path,
    "file_extension_restriction": lambda rule, path, _: any(
        path.endswith(f".{one.lstrip('*.')}") for one in rule.listed
    ),
    "max_file_path_length": lambda rule, path, _: rule.limit is not None and len(path) > rule.limit,
    "max_file_size": lambda rule, _, size: rule.limit is not None and size > rule.limit * MEGABYTE,
}


def branches_of(prefix: str, issue: int, ordinal: int) -> tuple[str, ...]:
    """Names as a run makes them: its own branch, an attempt's, a candidate's."""
    own = f"{prefix}/{issue}-{ordinal}"
    return f"{own}/run", f"{own}/t1-task-a1", f"{own}/batch-1-1"


def fitting_prefixes(rules: Sequence[BranchRule], prefix: str, issue: int, ordinal: int) -> list[str]:
    """Prefixes that every rule about names lets through, as far as they can be read from one; none = ask a person."""
    found = []
    for rule in rules:
        if rule.kind != "branch_name_pattern" or rule.negate:
            continue
        for begin in _beginnings(rule)[:MOST_BEGINNINGS]:
            one = f"{begin.rstrip('/')}/{prefix}"
            broken = closed(rules, branches_of(one, issue, ordinal))
            if re.fullmatch(PREFIX_PATTERN, one) and not any(b.rule.kind == "branch_name_pattern" for b in broken):
                found.append(one)
    return found


def _beginnings(rule: BranchRule) -> list[str]:
    """What names may begin with: plain words alone, as more cannot be read safely."""
    if rule.operator == "starts_with":
        return [rule.pattern] if re.fullmatch(r"[\w-]+(?:/[\w-]+)*/?", rule.pattern) else []
    found = _LITERALS.match(rule.pattern) if rule.operator == "regex" else None
    return found[1].split("|") if found else []
