"""What `otto-bot init` says: what it saw, what it wrote, what comes next."""

from __future__ import annotations

from otto_bot.core.onboarding import Facts, Project
from otto_bot.text.markdown import one_line

LINK = "{path} is a link, or no folder where one belongs: nothing is written through it. Put a plain one there first"
SAME = "{path}: is there, as it would be written"
LEFT = "{path}: is there already and was left as it is; --force writes it anew, --print shows what would be written"
WOULD = "{path}: would be written"
WROTE = "{path}: written"
NOT_WRITTEN = "{path} could not be written: {why}"
_NEXT = """
Next: read both files, change what is not right, commit them to the default branch, and put the label on an issue.
Otto starts otto-verify.yml on its branches; no other workflow is needed for that."""
_NEXT_DRY = "\nNothing was written."


def saw(root: str, facts: Facts) -> str:
    """What the files tell, a line or two for each part."""
    said = [f"{one_line(root, 200)}:"]
    if facts.called:
        said.append(f"  {facts.called} tests and can be called: otto-verify.yml calls it")
    elif not facts.projects:
        said.append("  no source files yet" if facts.empty else "  no test command was found: put yours in")
    shown = () if facts.called else facts.projects
    said += [line for project in shown for line in _part(project)]
    said += [f"  note: {one_line(note)}" for note in facts.notes]
    return "\n".join([*said, ""])


def _part(project: Project) -> list[str]:
    by = " · ".join(filter(None, [project.language, project.why]))
    lines = [f"  {one_line(project.path, 120)} ({one_line(by, 120)})"]
    for name, commands in (("set-up", project.setup), ("test", project.test)):
        said = " && ".join(" ⏎ ".join(command.splitlines()) for command in commands)
        lines += [f"    {name}: {one_line(said, 300)}"] if said else []
    return lines


def file(path: str, text: str) -> str:
    """A file as it is printed: a comment with its path first, so that the output stays YAML."""
    return f"# {path}\n{text}"


def next_steps(*, dry: bool) -> str:
    """What a person does now."""
    return _NEXT_DRY if dry else _NEXT
