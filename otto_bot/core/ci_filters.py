"""The filters of a trigger, as GitHub reads them: branches, paths, and what a manual start asks for.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onpushbranchestagsbranches-ignoretags-ignore
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from otto_bot.core.globs import BadGlob, checked_all, filter_glob


def matches(patterns: Sequence[str], value: str) -> bool:
    """Whether a value passes an ordered filter list; `!` takes back, the last match decides.

    A list with a pattern beyond the limits of `core.globs` lets nothing through: nobody knows what it matches.
    """
    try:
        checked_all(patterns)
    except BadGlob:
        return False
    hit = False
    for pattern in patterns:
        negative = pattern.startswith("!")
        if filter_glob(pattern.removeprefix("!")).matches(value):
            hit = not negative
    return hit


def strings(value: object) -> list[str] | None:
    """A filter's list; one text is a list of one. None = it does not filter."""
    if value is None:
        return None
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        return None
    # What is nested is no pattern; written out, with its aliases, it may be gigabytes.
    return ["" if isinstance(item, list | dict) else str(item) for item in value]


def branch_passes(filters: Mapping[str, Any], branch: str) -> bool:
    """Whether `branches` / `branches-ignore` let a branch through. Only tag filters = no branch passes."""
    wanted, ignored = strings(filters.get("branches")), strings(filters.get("branches-ignore"))
    if wanted is not None:
        return matches(wanted, branch)
    if ignored is not None:
        return not matches(ignored, branch)
    return not ({"tags", "tags-ignore"} & set(filters))


def paths_pass(filters: Mapping[str, Any], paths: Sequence[str]) -> bool:
    """Whether `paths` / `paths-ignore` let a change of these files through: one that passes is enough."""
    wanted, ignored = strings(filters.get("paths")), strings(filters.get("paths-ignore"))
    if wanted is not None:
        return any(matches(wanted, path) for path in paths)
    return ignored is None or not all(matches(ignored, path) for path in paths)


def contradictory(filters: Mapping[str, Any]) -> bool:
    """Whether a kind of filter stands there with its opposite: GitHub refuses such a workflow."""
    return any({kind, f"{kind}-ignore"} <= set(filters) for kind in ("branches", "tags", "paths"))


def about_ci_alone(filters: Mapping[str, Any]) -> bool:
    """Whether only changes of `.github` start it: Otto makes none there."""
    wanted = [path for path in strings(filters.get("paths")) or () if not path.startswith("!")]
    return bool(wanted) and all(path.startswith(".github/") for path in wanted)


def inputs_asked(filters: Mapping[str, Any]) -> list[str]:
    """Inputs that a dispatch has to give: there is none to give."""
    inputs = filters.get("inputs")
    given = inputs.items() if isinstance(inputs, dict) else ()
    return [str(name) for name, spec in given
            if isinstance(spec, dict) and spec.get("required") is True and "default" not in spec]  # fmt: skip
