"""What the head of a job's log says of its token."""

import pytest

from otto_bot.core.lanes import Workflow
from otto_bot.core.token_rights import rights_in, silent

AT = "2026-11-01T09:00:00.0000000Z "
HEAD = ["Current runner version: '2.330.0'", "##[group]Operating System", "Ubuntu", "##[endgroup]"]


def written(*rights: str, before: tuple[str, ...] = (), end: str = "##[endgroup]") -> str:
    lines = [*HEAD, *before, "##[group]GITHUB_TOKEN Permissions", *rights, end, "Complete job name: test"]
    return "".join(f"{AT}{line}\r\n" for line in lines)


@pytest.mark.parametrize(
    ("log", "rights"),
    [
        (written("Contents: read", "Metadata: read"), ()),
        (written("Contents: write", "Metadata: read", "Packages: write"), ("contents: write", "packages: write")),
        (written("Contents: admin"), ("contents: admin",)),
        (written(), ()),
        (written("Contents"), None),
        (written("Contents: read", end="x"), None),
        (written("Contents: read", before=("##[group]Run echo",)), None),
        (written("Contents: read", before=("Complete job name: test",)), None),
        (written("Contents: read", before=("x",) * 200), None),
        ("", None),
        (f"{AT}said: ##[group]GITHUB_TOKEN Permissions of old\n", None),
    ],
)
def test_only_what_the_runner_says_before_the_steps_counts(log: str, rights: tuple[str, ...] | None) -> None:
    assert rights_in(log) == rights


def test_workflows_of_which_every_job_has_the_default() -> None:
    job = {"runs-on": "ubuntu-latest"}
    data = [
        {"jobs": {"a": job}}, {"jobs": {"a": job}, "permissions": {}}, {"jobs": {"a": {**job, "permissions": {}}}},
        {"jobs": {"a": {"uses": "./x"}}}, {"jobs": {}}, {"jobs": {"a": 1}}, None,
    ]  # fmt: skip
    assert silent([Workflow(path=str(n), data=one) for n, one in enumerate(data)]) == ("0",)
