"""The made parts of docs/troubleshooting.md: refusals of the API and of the login, in the words of the code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from otto_bot.text import api as api_words
from otto_bot.text import login as login_words
from otto_bot.text.problems import entry

API = Path(api_words.__file__).parents[1] / "web" / "api"
REFUSED = re.compile(r'Refused\(\s*(\d+), "(\w+)", text\.(\w+)')


def refusals() -> dict[str, tuple[int, tuple[str, str]]]:
    """Every code of a refusal of the API: its status and its words. Codes that two places use have the first's."""
    found: dict[str, tuple[int, tuple[str, str]]] = {}
    for file in sorted(API.glob("*.py")):
        for status, code, name in REFUSED.findall(file.read_text(encoding="utf-8")):
            found.setdefault(code, (int(status), getattr(api_words, name)))
    return dict(sorted(found.items(), key=lambda item: (item[1][0], item[0])))


def api() -> str:
    """An entry for each code of a refusal."""
    said = {code: (f"{status}, `{code}`: {words[0]}", words[1]) for code, (status, words) in refusals().items()}
    return _entries("api", said)


def logins() -> dict[str, tuple[str, str]]:
    """Every page that the way in shows instead of what was asked for: title and advice."""
    return {
        name.lower(): value
        for name, value in vars(login_words).items()
        if name.isupper()
        and isinstance(value, tuple)
        and len(value) == 2
        and all(isinstance(one, str) for one in value)
    }


def login() -> str:
    """An entry for each of these pages."""
    return _entries("login", logins())


def _entries(group: str, said: Mapping[str, tuple[str, str]]) -> str:
    return "\n\n".join(
        f"### {entry(group, name)}\n\n**You see:** {_shown(seen)}\n\n**Do:** {_shown(advice)}"
        for name, (seen, advice) in said.items()
    )


def _shown(text: str) -> str:
    """Words with places to fill in, where what is filled in is named."""
    text = re.sub(r"\{(\w+)\}", r"‹\1›", text)
    text = re.sub(r"\bdocs/([\w-]+\.md)\b", r"[\1](\1)", text)
    return text if text.endswith((".", "›")) else f"{text}."
