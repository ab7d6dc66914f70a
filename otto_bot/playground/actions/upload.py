"""Run inside a job by the upload-artifact action: collect its files.

`path` lines are globs, `!` ones put files out again; links are not followed.
"""

import glob
import os
import re
import shutil
import sys
from pathlib import Path


def main() -> int:
    """Copy the files; the exit status of the step."""
    name, kept = os.environ["ARTIFACT_NAME"], Path(os.environ["PLAYGROUND_IO"])
    if not name or re.search(r'[":<>|*?\r\n\\/]', name) or name in (".", ".."):
        say(f"::error::The artifact name is not valid: {name!r}")
        return 1
    target = kept / "artifacts" / name
    taken = target.exists() or (kept / "taken" / name).exists()
    if taken and os.environ["ARTIFACT_OVERWRITE"] != "true":
        say(
            "::error::Failed to CreateArtifact: Received non-retryable error: Failed request: (409) Conflict: "
            "an artifact with this name already exists on the workflow run"
        )
        return 1
    shutil.rmtree(target, ignore_errors=True)
    files = collect(os.environ["ARTIFACT_PATH"], hidden=os.environ["ARTIFACT_HIDDEN"] == "true")
    if not files:
        return none_found(os.environ["ARTIFACT_IF_NONE"])
    root = root_of(files)
    for file in files:
        into = target / file.relative_to(root)
        into.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, into)
    say(f"With the provided path, there will be {len(files)} file{'s' * (len(files) != 1)} uploaded")
    say(f"Artifact {name} has been successfully uploaded!")
    return 0


def say(text: str) -> None:
    """A line of the step's log."""
    sys.stdout.write(text + "\n")


def collect(text: str, *, hidden: bool) -> list[Path]:
    """The files that the lines name."""
    found: dict[Path, None] = {}
    for raw in filter(None, (line.strip() for line in text.splitlines())):
        out = raw.startswith("!")
        for hit in _hits(raw.removeprefix("!"), hidden=hidden):
            for file in files_below(Path(hit).absolute(), hidden=hidden):
                if out:
                    found.pop(file, None)
                else:
                    found[file] = None
    return sorted(found)


def _hits(pattern: str, *, hidden: bool) -> list[str]:
    # Path.glob knows neither absolute patterns nor a plain name for a folder.
    return glob.glob(str(Path(pattern).expanduser()), recursive=True, include_hidden=hidden)  # noqa: PTH207


def files_below(path: Path, *, hidden: bool) -> list[Path]:
    """The file itself, or the plain files of a folder."""
    if path.is_file() and not path.is_symlink():
        return [path]
    below = (entry for entry in path.rglob("*") if entry.is_file() and not entry.is_symlink())
    return [
        entry for entry in below if hidden or not any(part.startswith(".") for part in entry.relative_to(path).parts)
    ]


def root_of(files: list[Path]) -> Path:
    """The least common folder, which does not become part of the artifact."""
    return Path(os.path.commonpath([file.parent for file in files]))


def none_found(wish: str) -> int:
    """Nothing to upload: warn, fail or say nothing."""
    path = os.environ["ARTIFACT_PATH"].strip()
    text = f"No files were found with the provided path: {path}. No artifacts will be uploaded."
    if wish != "ignore":
        say(f"::{'error' if wish == 'error' else 'warning'}::{text}")
    return 1 if wish == "error" else 0


if __name__ == "__main__":
    sys.exit(main())
