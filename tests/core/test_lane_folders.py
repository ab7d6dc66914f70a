"""The lane of a hundred workflow folders, held against labels that a person gave them: docs/lanes.md.

Each folder of tests/data/lanes holds workflow files, written after patterns of public repositories, and a label.yml.
"""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from otto_bot.core.config import VerifyConfig
from otto_bot.core.lanes import Lane, LaneKind, choose
from otto_bot.github.models import WorkflowFile
from otto_bot.jobs.workflow_files import WORKFLOWS, parsed

FOLDERS = sorted((Path(__file__).parents[1] / "data" / "lanes").iterdir())
LABEL = "label.yml"


@dataclass(frozen=True)
class Answer:
    """What is told of one folder; a lane that is none has nothing else."""

    lane: LaneKind
    workflows: frozenset[str] = frozenset()
    skips_drafts: frozenset[str] = frozenset()
    docs_only: frozenset[str] = frozenset()


def expected(label: dict[str, Any]) -> Answer:
    """The label as an answer."""
    sets = (frozenset(label.get(key, ())) for key in ("workflows", "skips_drafts", "docs_only"))
    return Answer(LaneKind(label["lane"]), *sets)


def told(folder: Path, label: dict[str, Any]) -> Lane:
    """The lane that the product chooses, from the files as it reads them."""
    paths = sorted(path for path in folder.iterdir() if path.name != LABEL)
    files = [WorkflowFile(path=f"{WORKFLOWS}/{path.name}", text=path.read_text()) for path in paths]
    default = label.get("default_branch", "main")
    return choose(asyncio.run(parsed(files)), "otto/1-1/t1-task-a1", default, VerifyConfig(), "acme/widgets")


def answer(lane: Lane) -> Answer:
    """The lane as an answer, its workflows by their file names."""
    names = frozenset(path.rpartition("/")[2] for path in lane.workflows)
    skipped = frozenset(path.rpartition("/")[2] for path in lane.skips_docs)
    return Answer(lane.kind, names, frozenset(lane.skips_drafts), names - skipped)


@pytest.fixture(scope="module")
def compared() -> dict[str, tuple[bool, Answer, Answer]]:
    """By folder: whether it has tests, the label, and what the product says."""
    labels = {folder: yaml.safe_load((folder / LABEL).read_text()) for folder in FOLDERS}
    return {
        folder.name: (label["tests"], expected(label), answer(told(folder, label))) for folder, label in labels.items()
    }


def test_the_labels_are_whole() -> None:
    assert len(FOLDERS) >= 100
    known = {"lane", "workflows", "tests", "skips_drafts", "docs_only", "reason", "default_branch"}
    for folder in FOLDERS:
        label = yaml.safe_load((folder / LABEL).read_text())
        assert set(label) <= known, folder.name
        assert label["reason"].endswith("."), folder.name
        assert all((folder / name).is_file() for name in label.get("workflows", ())), folder.name
        assert (label["lane"] == "none") == ("workflows" not in label), folder.name
        assert ("skips_drafts" in label) == (label["lane"] == "pull_request"), folder.name


def test_the_product_agrees_with_the_labels(compared: dict[str, tuple[bool, Answer, Answer]]) -> None:
    apart = [
        f"{name}\n  label   {label}\n  product {said}" for name, (_, label, said) in compared.items() if label != said
    ]
    sys.stdout.write("\n".join([f"{len(compared) - len(apart)} of {len(compared)} folders agree", *apart, ""]))
    assert len(apart) <= len(compared) * 0.05, "\n".join(apart)


def test_who_has_tests_has_a_lane(compared: dict[str, tuple[bool, Answer, Answer]]) -> None:
    lanes = {name: said.lane for name, (tests, _, said) in compared.items() if tests}
    none = [name for name, lane in lanes.items() if lane is LaneKind.NONE]
    sys.stdout.write(
        f"{len(lanes) - len(none)} of {len(lanes)} folders with tests get a lane; none: {', '.join(none)}\n"
    )
    assert len(none) <= len(lanes) * 0.05, none
