"""What the host's page says of repositories: how each is verified, what it lacks, and where a person adds it."""

from __future__ import annotations

from core_builders import T0

from otto_bot.core.lanes import LaneKind
from otto_bot.core.onboarding import Facts, Project
from otto_bot.store.onboarded import Onboarded
from otto_bot.web.views.repositories import repositories_view


def one(number: int, name: str, lane: LaneKind, facts: Facts) -> Onboarded:
    return Onboarded(repo_id=number, full_name=name, default_branch="main", lane=lane, facts=facts, at=T0)


def test_those_that_nothing_verifies_come_first_and_those_that_lack_nothing_do_not_come() -> None:
    found = [
        one(1, "octo/all", LaneKind.DISPATCH, Facts(has_verify=True, has_config=True)),
        one(2, "octo/by-pulls", LaneKind.PULL_REQUEST, Facts()),
        one(3, "octo/none", LaneKind.NONE, Facts(has_config=True)),
        one(
            4,
            "octo/<b>",
            LaneKind.NONE,
            Facts(projects=tuple(Project(path=f"p{n}", test=("x" * 400,)) for n in range(20))),
        ),
    ]

    rows = repositories_view(found, "https://github.com/")

    assert [(row.name.words, row.tone, [offer.what for offer in row.offers]) for row in rows] == [
        ("octo/<b>", "bad", ["add otto-verify.yml", "add .github/otto.yml"]),
        ("octo/none", "bad", ["add otto-verify.yml"]),
        ("octo/by-pulls", "wait", ["add otto-verify.yml", "add .github/otto.yml"]),
    ]
    assert [row.name.url for row in rows] == ["", "https://github.com/octo/none", "https://github.com/octo/by-pulls"]
    assert rows[0].offers[0].beside
    assert not rows[1].offers[0].beside
