"""A repository that takes more room than the host gives one."""

from __future__ import annotations

GIB = 1024**3


def too_large(repository: str, needs: int, cap: int) -> str:
    """What it needs, what it may have, and who can change that. `needs` and `cap` in bytes."""
    return (
        f"{repository} needs {needs / GIB:.1f} GiB on Otto's host, which gives one repository {cap / GIB:.1f} GiB. "
        "Whoever runs Otto can raise OTTO_REPOSITORY_GIB; then `/otto resume`"
    )
