"""Takes the rules for tokens from gitleaks' own file: `python scripts/secret_rules.py gitleaks.toml COMMIT`.

Only rules that know a token by its own beginning are taken: they find hardly anything that is none. Rules that go by a
name beside the value, or over several lines, are left out; `core/secret_shapes.py` has such shapes of our own.
Go's syntax becomes Python's: an `(?i)` in the middle holds to the end of its group, `\\z` is `\\Z`.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parents[1] / "otto_bot" / "git" / "gitleaks.json"
BY_NAME = "[\\w.-]{0,50}?"
LEFT_OUT = ("generic-api-key", "curl-auth-header", "curl-auth-user", "kubernetes-secret-yaml", "private-key", "jwt",
            "jwt-base64", "hashicorp-tf-password", "flutterwave-public-key", "flutterwave-encryption-key",
            "aws-access-token")  # fmt: skip


def pythonic(regex: str) -> str:
    """The same expression as Python reads it."""
    regex = regex.replace("[[:alnum:]]", "[A-Za-z0-9]").replace("\\z", "\\Z")
    if regex.startswith("(?i)"):
        return "(?i)" + regex[4:].replace("(?i)", "")
    out, at, in_class = "", 0, False
    open_here = [0]
    while at < len(regex):
        if regex.startswith("(?i)", at) and not in_class:
            out, at = out + "(?i:", at + 4
            open_here[-1] += 1
            continue
        char = regex[at : at + 2] if regex[at] == "\\" else regex[at]
        at += len(char)
        if in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
        elif char == "(":
            open_here.append(0)
        elif char == ")":
            char = ")" * open_here.pop() + char
        out += char
    return out + ")" * open_here.pop()


def taken(rule: dict[str, Any]) -> bool:
    """Whether a rule knows a token by its own beginning, on one line."""
    regex = rule.get("regex", "")
    over_lines = "[\\s\\S" in regex or "\\r\\n" in regex
    return (
        bool(regex and rule.get("keywords")) and BY_NAME not in regex and not over_lines and rule["id"] not in LEFT_OUT
    )


def main(file: str, commit: str) -> None:
    rules = [rule for rule in tomllib.loads(Path(file).read_text())["rules"] if taken(rule)]
    made = [
        {
            "id": rule["id"],
            "regex": pythonic(rule["regex"]),
            "keywords": [word.lower() for word in rule["keywords"]],
            "entropy": rule.get("entropy", 0),
        }
        for rule in sorted(rules, key=lambda rule: rule["id"])
    ]
    for rule in made:
        re.compile(rule["regex"])
    said = {
        "source": f"https://github.com/gitleaks/gitleaks/blob/{commit}/config/gitleaks.toml",
        "licence": "MIT, Copyright (c) 2019 Zachary Rice",
        "rules": made,
    }
    TARGET.write_text(json.dumps(said, indent=1) + "\n")
    print(f"{len(made)} rules")


if __name__ == "__main__":
    main(*sys.argv[1:])
