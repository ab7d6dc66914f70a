"""What someone reads who asks for a page where none is served; it needs nothing of the house, so it costs nothing."""

from __future__ import annotations

ELSEWHERE = (
    "These pages are served without a login, so they are shown only on the machine that Otto runs on.",
    (
        "Elsewhere a login with GitHub is needed: whoever runs this host sets OTTO_CLIENT_ID, OTTO_CLIENT_SECRET and "
        "OTTO_PUBLIC_URL (docs/configure.md)."
    ),
    "On that machine: leave OTTO_HOST at 127.0.0.1, let no proxy stand between, and open Otto's port at 127.0.0.1.",
)
TITLE = "Not shown here"
