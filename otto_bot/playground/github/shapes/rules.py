"""Rules of rulesets as the API lists them: what a scenario leaves out stands there with GitHub's defaults."""

from __future__ import annotations

from otto_bot.playground.github.config import RuleConfig
from otto_bot.playground.github.state import Json

DEFAULTS: dict[str, Json] = {
    "required_status_checks": {"strict_required_status_checks_policy": False, "do_not_enforce_on_create": False},
    "update": {"update_allows_fetch_and_merge": False},
    "pull_request": {
        "dismiss_stale_reviews_on_push": False, "require_code_owner_review": False, "require_last_push_approval": False,
        "required_approving_review_count": 0, "required_review_thread_resolution": False,
    },
    "merge_queue": {
        "check_response_timeout_minutes": 60, "grouping_strategy": "ALLGREEN", "max_entries_to_build": 5,
        "max_entries_to_merge": 5, "merge_method": "MERGE", "min_entries_to_merge": 1,
        "min_entries_to_merge_wait_minutes": 5,
    },
}  # fmt: skip


def rule(row: RuleConfig) -> Json:
    """Type and parameters."""
    given = {**DEFAULTS.get(row.type, {}), **(row.parameters or {})}
    return {"type": row.type, **({"parameters": given} if given else {})}
