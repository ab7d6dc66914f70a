"""The numbered evidence of a prompt: where a quote stands, and lines that can be quoted."""

from __future__ import annotations

import re
from typing import Any

AUTO = "auto"
_NUMBER = re.compile(r"(?<![A-Za-z0-9_-])E[1-9][0-9]{0,3}(?![A-Za-z0-9_-])")
_FENCE = re.compile(
    r'<(?P<tag>[\w-]+) label="(?P<number>E[1-9][0-9]{0,3})\b(?P<label>[^"]*)">\n(?P<text>.*?)\n</(?P=tag)>', re.DOTALL
)
SHORTEST = 12
"""Characters of a line that is worth quoting."""


class ReplyError(ValueError):
    """The rule cannot answer this call; the text says why."""


def cited(value: Any, prompt: str) -> Any:
    """The value with every `evidence: auto` replaced by the number of the evidence that holds the quote beside it."""
    if isinstance(value, list):
        return [cited(item, prompt) for item in value]
    if not isinstance(value, dict):
        return value
    result = {key: cited(item, prompt) for key, item in value.items()}
    if result.get("evidence") == AUTO:
        result["evidence"] = evidence_of(str(result.get("quote", "")), prompt)
    return result


def evidence_of(quote: str, prompt: str) -> str:
    """The number of the evidence item that the quote stands in; items in fences of their own come first.

    Raises ReplyError where it stands in none.
    """
    pattern = re.compile(r"\s+".join(map(re.escape, quote.split())))
    if not pattern.pattern:
        raise ReplyError("a citation with `evidence: auto` needs a quote")
    for fence in _FENCE.finditer(prompt):
        if pattern.search(fence.group("text")):
            return fence.group("number")
    found = pattern.search(prompt)
    if found is None:
        raise ReplyError(f"the quote {quote!r} stands nowhere in the prompt")
    numbers = [] if _FENCE.search(prompt) else _NUMBER.findall(prompt, 0, found.start())
    if not numbers:
        raise ReplyError(f"the quote {quote!r} stands in no numbered evidence (E1, E2, …) of the prompt")
    return str(numbers[-1])


def citations(quotes: list[str], prompt: str) -> list[dict[str, str]]:
    """Citations of those quotes that stand in the evidence."""
    found = []
    for quote in quotes:
        try:
            found.append({"evidence": evidence_of(quote, prompt), "quote": quote})
        except ReplyError:
            continue
    return found


def lines_of(task: str, prompt: str) -> list[dict[str, str]]:
    """Lines of a task's own evidence, each as a citation that holds."""
    found = []
    for fence in _FENCE.finditer(prompt):
        if re.search(rf"\b{task} attempt\b", fence.group("label")):
            lines = [line.strip() for line in fence.group("text").splitlines()]
            found += [
                {"evidence": fence.group("number"), "quote": line[:200]} for line in lines if len(line) >= SHORTEST
            ]
    return found
