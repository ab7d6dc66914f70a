"""What a repository tells those who work on it, as its default branch has it."""

from __future__ import annotations

from otto_bot.core.run import Run
from otto_bot.git.mirror import Mirror
from otto_bot.jobs.context import Context

HOUSE_RULES = ("AGENTS.md", "CLAUDE.md", "CONTRIBUTING.md")
RULES_BYTES = 20_000


def house_rules(context: Context, run: Run, mirror: Mirror) -> str:
    """What the default branch tells those who work on it, never a commit that a model made."""
    reading = context.reading(mirror)
    found = []
    for path in HOUSE_RULES:
        body = reading.file_at(run.base_sha, path, max_bytes=RULES_BYTES)
        if body is not None:
            found.append(f"# {path}\n{body.decode('utf-8', 'replace')}")
    return "\n\n".join(found)
