"""Attacks through what others publish: a tag that is moved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from security_registry import attack, defence

from otto_bot.core import onboarding
from otto_bot.core.action_pins import PINS
from otto_bot.text.offers import verify_offer

_FLOATING = re.compile(r"uses: ([\w./-]+@(?![0-9a-f]{40}\b)\S+)")


@contextmanager
def _floating() -> Iterator[None]:
    with patch.object(onboarding, "pinned", lambda action: f"{action}@{PINS[action][1]}"):
        yield


PINNED_TEMPLATES = defence(
    "pinned-templates",
    "Workflows that Otto proposes name actions by their commit, and leave no token in the checkout",
    _floating,
)


@attack("a-tag-is-moved", point=11, by=PINNED_TEMPLATES, source="https://github.com/advisories/GHSA-mrrh-fwg8-r2c3")
def a_tag_is_moved(place: Path) -> str | None:
    """An action's tag is moved to a commit that prints secrets (tj-actions): who added Otto's workflow runs it too."""
    offer = verify_offer("https://github.com", "octo/demo", "main", onboarding.Facts())
    (text,) = parse_qs(urlsplit(offer.link).query)["value"]
    found = _FLOATING.search(text)
    return found[1] if found else None
