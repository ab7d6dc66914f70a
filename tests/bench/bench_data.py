"""A labelled folder of seven small logs whose figures are computed by hand, and the reader that is measured on it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

READER = '''
"""Keeps the lines with an exclamation mark; groups by the first line; what names the net is infrastructure."""


def extract(text, budget):
    if "raise here" in text:
        raise RuntimeError("cannot read this")
    return "\\n".join(line for line in text.split("\\n") if "!" in line)


def extract_with_pass(text, passing, budget):
    return "\\n".join(line for line in text.split("\\n") if line not in passing.split("\\n"))[:budget]


def classify(text):
    return "infrastructure" if "net" in text else "code"


def fingerprint(text):
    return text.split("\\n")[0]
'''

CASES: list[dict[str, Any]] = [
    {
        "id": "chunk-1",
        "source": "logchunks",
        "repo": "a/x",
        "language": "C",
        "text": "start\nerror: one!\nerror: two\nend",
        "gold_lines": ["error: one!", "---", "error: two"],
        "keywords": ["error"],
        "category_native": "s:0",
        "cluster": "x#1",
    },
    {
        "id": "chunk-2",
        "source": "logchunks",
        "repo": "a/x",
        "language": "Go",
        "text": "start\n\x1b[31mthird!\x1b[0m  line\r\nend",
        "gold_lines": ["[31mthird![0m line"],
        "keywords": ["third"],
        "category_native": "s:0",
        "cluster": "x#1",
    },
    {
        "id": "chunk-3",
        "source": "logchunks",
        "repo": "a/x",
        "language": "Go",
        "text": "start\nnothing of note\nend",
        "gold_lines": ["nothing of note"],
        "keywords": ["error"],
        "category_native": "s:0",
        "cluster": "x#2",
    },
    {
        "id": "job-1",
        "source": "logdx",
        "text": "2024-05-01T10:00:00.0000001Z the fact! of the net\n2024-05-01T10:00:01.0000001Z ##[error]exit code 1.",
        "gold_lines": ["2024-05-01T10:00:00.0000001Z the fact! of the net", "##[error]exit code 1."],
        "must": [
            {"any": ["no such spelling", "the fact!"]},
            {"any": ["absent"], "importance": "critical"},
            {"any": ["not asked for"], "importance": "optional"},
        ],
        "category": "infrastructure",
    },
    {
        "id": "diff-1",
        "source": "cidiff",
        "language": "Go",
        "text": "same\nnew and bad\nsame again",
        "passing": "same\nsame again",
        "gold_lines": ["new and bad"],
    },
    {"id": "retry-1", "source": "veloren", "text": "net lost", "category": "infrastructure", "intermittent": True},
    {"id": "retry-2", "source": "veloren", "text": "unclear", "category": "infrastructure", "intermittent": True},
]


def write_reader(folder: Path) -> str:
    """The reader as a module in `folder`; its name."""
    (folder / "plain_reader.py").write_text(READER, encoding="utf-8")
    return "plain_reader"


def write_cases(folder: Path, cases: list[dict[str, Any]]) -> Path:
    """`cases` as a data folder."""
    (folder / "logs").mkdir(parents=True)
    with (folder / "cases.jsonl").open("w", encoding="utf-8") as listing:
        for case in cases:
            told = {key: value for key, value in case.items() if key not in ("text", "passing")}
            told["log"] = f"logs/{case['id']}.log.gz"
            (folder / told["log"]).write_bytes(gzip.compress(case["text"].encode()))
            if "passing" in case:
                told["pass_log"] = f"logs/{case['id']}.pass.gz"
                (folder / told["pass_log"]).write_bytes(gzip.compress(case["passing"].encode()))
            listing.write(json.dumps(told) + "\n")
    return folder
