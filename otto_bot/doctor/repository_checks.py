"""The checks of a repository by name, in the order of the report."""

from __future__ import annotations

from collections.abc import Mapping

from otto_bot.doctor import repository, repository_ci
from otto_bot.doctor.place import Place
from otto_bot.doctor.running import Check

REPOSITORY_CHECKS: Mapping[str, Check[Place]] = {
    "installed": repository.installed,
    "issues": repository.issues,
    "permissions": repository.permissions,
    "configuration": repository.configuration,
    "actions": repository_ci.actions,
    "verification": repository_ci.verification,
    "exposure": repository_ci.exposure,
    "required-checks": repository_ci.required_checks,
    "approvals": repository_ci.approvals,
    "branch-rules": repository.branch_rules,
    "labels": repository.labels,
    "person": repository.person,
    "files": repository.files,
    "offers": repository.offers,
}
