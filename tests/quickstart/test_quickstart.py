"""The quick start's page is what happens: played by a new user in a clean root, it prints what the page says."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from scripts.quickstart.playing import PAGE, play, steps_of
from scripts.quickstart.transcript import Step, blocks, masked, mismatch, rewritten

RERECORD = "`make quickstart` records the page anew; look at what it changed."
TEXT = """\
Words.

```console
$ one \\
>   two
a 1.5 s
…
last, at http://127.0.0.1:80/…
→ A person does something.
$ three
```
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_page_prints_what_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    steps = steps_of(PAGE.read_text(encoding="utf-8"))
    played = play(steps, tmp_path, 540)
    found = [str(one) for step, lines in zip(steps, played.printed, strict=False) if (one := mismatch(step, lines))]
    assert not found and not played.problem, "\n\n".join([*found, played.problem, RERECORD])
    with capsys.disabled():
        sys.stdout.write(f"\nquick start, {played.took.strip().rpartition(chr(10))[2]}\n")


def test_blocks_become_steps() -> None:
    (block,) = blocks(TEXT)
    assert [step.command for step in block.steps] == ["one \\\n  two", "", "three"]
    assert [step.people() for step in block.steps] == [[], ["→ A person does something."], []]
    with pytest.raises(ValueError, match="line 2: a block begins with a command"):
        blocks("```console\nwords\n```")


@pytest.mark.parametrize(
    ("page", "printed", "missing"),
    [
        (["a"], ["a"], None),
        (["a"], ["b"], "a"),
        (["a"], ["a", "b"], "(no more lines, but there is 'b')"),
        (["a", "…"], ["a", "b"], None),
        (["…", "b"], ["a", "b"], None),
        (["…", "b"], ["a", "b", "c"], "(no more lines, but there is 'c')"),
        (["b", "…", "a", "…"], ["a", "b"], "b"),
        (["…", "b", "…", "a"], ["a", "b"], "a"),
        (["…", "a", "b"], ["a", "x", "a", "b"], None),
        (["begins…"], ["begins so"], None),
        (["took 1.5 s, at http://127.0.0.1:80/"], ["took 22 s, at http://127.0.0.1:99/"], None),
        (["t1 merged"], ["t2 merged"], "t1 merged"),
        ([], ["a"], "(no more lines, but there is 'a')"),
        (["a"], [], "a"),
    ],
)  # fmt: skip
def test_what_is_printed_is_held_to_the_page(page: list[str], printed: list[str], missing: str | None) -> None:
    found = mismatch(Step("x", page), printed)
    assert (found.missing if found else None) == missing


@pytest.mark.parametrize("token", ["-" + "x" * 42, "x" * 42 + "-", "a-b_" * 11])
def test_masks_leave_nothing_of_what_is_made_anew(token: str) -> None:
    assert masked(f"  http://127.0.0.1:8271/{token}") == "  http://127.0.0.1:‹port›/‹token›"
    assert masked("Otto octo abcdef (4300): otto-octo-abcdef, 307,200 bytes") == (
        "Otto octo ‹id› (4300): otto-octo-‹id›, ‹size›"
    )


def test_recording_keeps_prose_and_cuts_and_says_what_it_could_not_keep() -> None:
    made, whole = rewritten(
        TEXT, [["a 2.5 s", "b", "last, at http://127.0.0.1:9/x"], ["→ A person does something."], ["new"]]
    )
    assert whole == ["three"]
    assert made == TEXT.replace("a 1.5 s", "a 2.5 s").replace("$ three\n", "$ three\nnew\n")
