"""What hinders a run in this repository, said with its first comment instead of after a wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from otto_bot.core.rights import Level
from otto_bot.text.doctor import names, rights
from otto_bot.text.markdown import one_line
from otto_bot.text.refusals import REASON_LIMIT


def missing_rights(missing: Mapping[str, Level], account: str, page: str) -> str:
    """The owner has not granted what no run can do without."""
    where = page or "Settings → GitHub Apps → Configure"
    owner = account or "the owner of this repository"
    return one_line(
        f"{owner} has not granted Otto `{rights(missing)}`; without that no run can end. Nothing was spent. Otto goes "
        f"on by itself once an owner accepts it, or after /otto resume. The page for that: {where}",
        REASON_LIMIT,
    )


def disabled_workflows(files: Sequence[str]) -> str:
    """Every workflow that would verify a branch is switched off in the Actions tab."""
    one = len(files) == 1
    return one_line(
        f"{names(files)} {'is' if one else 'are'} disabled in the Actions tab, and nothing else verifies a branch "
        f"here. Nothing was spent. Enable {'it' if one else 'one of them'} there, then say /otto resume",
        REASON_LIMIT,
    )


def never_reported(checks: Sequence[str], branch: str) -> str:
    """What the default branch requires of pull requests and nothing reports on Otto's."""
    one = len(checks) == 1
    return one_line(
        f"{names(checks)} {'is' if one else 'are'} required on {branch}, and no workflow that starts for a pull "
        f"request of Otto's has {'a job of that name' if one else 'jobs of these names'}: GitHub will hold the merge. "
        f"Take {'it' if one else 'them'} off the required checks, or let the workflow start for pull requests",
        REASON_LIMIT,
    )
