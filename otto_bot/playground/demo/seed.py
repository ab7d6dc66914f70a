"""The files that a playground's default branch starts with: a scenario's, or a copy of a person's repository."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

CONFIG = Path(".github/otto.yml")
GIT_SECONDS = 120


class SeedError(ValueError):
    """The files cannot be used; the text says why and what to do."""


def with_files(source: Path, files: Mapping[str, str | None], target: Path) -> Path:
    """A copy of `source` with these files in it; None takes one away."""
    shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    for name, text in files.items():
        path = target / name
        if text is None:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return target


def without_pilot(source: Path, target: Path) -> Path:
    """A copy of `source` whose configuration switches the pilot off. Raises SeedError for a bad configuration."""
    shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    file = target / CONFIG
    try:
        config: Any = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SeedError(f"{source / CONFIG}: is no valid YAML: {error}") from error
    file.parent.mkdir(parents=True, exist_ok=True)
    settings = dict(config) if isinstance(config, dict) else {}
    pilot = settings.get("pilot")
    kept = {**pilot, "enabled": False} if isinstance(pilot, dict) else False
    file.write_text(yaml.safe_dump({**settings, "pilot": kept}), encoding="utf-8")
    return target


def copy_of_head(repository: Path, target: Path) -> Path:
    """The files of the repository's HEAD, without its history or anything uncommitted. Raises SeedError."""
    argv = ["git", "-C", str(repository), "archive", "--format=tar", "HEAD"]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=GIT_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SeedError(f"{repository}: git could not read it: {error}") from error
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip()
        raise SeedError(f"{repository}: is no git repository with a commit ({reason})")
    target.mkdir(parents=True)
    try:
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(target, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise SeedError(f"{repository}: its files cannot be copied: {error}") from error
    if not has_pull_request_workflow(target):
        raise SeedError(
            f"{repository}: HEAD has no workflow that runs on pull requests; "
            "add one to .github/workflows (on: pull_request), commit it, and try again"
        )
    return target


def has_pull_request_workflow(folder: Path) -> bool:
    """Whether a workflow file names the event `pull_request`."""
    return any("pull_request" in _events(file) for file in sorted((folder / ".github" / "workflows").glob("*.y*ml")))


def _events(file: Path) -> frozenset[str]:
    """The events of a workflow file; none for a broken one, which GitHub passes over too."""
    try:
        # The base loader makes text of everything: `on` stays a word.
        data: Any = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, UnicodeDecodeError):
        return frozenset()
    events = data.get("on") if isinstance(data, dict) else None
    return frozenset({events} if isinstance(events, str) else events or ())
