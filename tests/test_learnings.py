"""`otto-bot learnings`: listing, deciding, and a file that goes out and comes in; others' words stay data."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from otto_bot.core.learnings import Proposal, Source
from otto_bot.core.values import Repo
from otto_bot.learnings import Request, run
from otto_bot.store.database import StoreUnavailable, open_database
from otto_bot.store.learnings import Learnings

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
KEEP = timedelta(days=180)
REPO = Repo(id=7, installation_id=3, owner="octo", name="app", default_branch="main")
OTHER = Repo(id=8, installation_id=3, owner="octo", name="lib", default_branch="main")
Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def url(database_url: str) -> str:
    """A database with two learnings of one repository and one of another."""
    url = database_url
    engine = open_database(url)
    store = Learnings(engine)
    for index, (repo, text) in enumerate([(REPO, "CI lacks flask"), (REPO, "a\x1b[31mb `x`"), (OTHER, "größe")]):
        source = Source(quote="No module named flask", url="https://x/1", sha256="a" * 64, task="t1", attempt=1)
        store.propose(
            repo, Proposal(index=index, text=text, sources=(source,), run=1, gate=1, author="pilot"), NOW, KEEP
        )
    engine.dispose()
    return url


@pytest.fixture
def ask(url: str) -> Ask:
    def say(*request: object, now: datetime = NOW, **more: object) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        code = run(Request(*request, **more), url, now, out, err)  # type: ignore[arg-type]
        return code, out.getvalue(), err.getvalue()

    return say


def test_the_list_shows_words_of_others_as_data(ask: Ask) -> None:
    code, out, _ = ask("list")

    assert code == 0
    assert "octo/app L1 proposed · repository · run 1 gate 1 · used 0, helped 0, failed 0\n    CI lacks flask" in out
    assert "\x1b" not in out
    assert out.count("\n") == 6
    assert ask("list", repo="OCTO/lib")[1].startswith("octo/lib L1")
    assert next(json.loads(line)["text"] for line in ask("list", as_json=True)[1].splitlines()) == "CI lacks flask"
    assert "\x1b" not in ask("list", as_json=True)[1]


def test_keeping_and_forgetting(ask: Ask) -> None:
    assert ask("keep", "l1", "octo/app")[:2] == (0, "kept: L1 CI lacks flask\n")
    assert "L1 accepted (@" in ask("list")[1]
    assert ask("forget", "L1", "octo/app")[:2] == (0, "forgotten: L1 CI lacks flask\n")
    assert "L1" not in ask("list", repo="octo/app")[1]
    assert "L1 forgotten" in ask("list", repo="octo/app", everything=True)[1]
    assert ask("keep", "2", "octo/app")[0] == 0
    assert "L2 accepted, expired" in ask("list", everything=True, now=NOW + KEEP)[1]
    assert "nothing is kept; --all" in ask("list", now=NOW + KEEP)[1]


@pytest.mark.parametrize(
    ("request_", "code", "says"),
    [
        (("keep", "L9", "octo/app"), 1, "has no learning L9"),
        (("keep", "L1"), 2, "--repo OWNER/NAME"),
        (("forget", "x", "octo/app"), 1, "L3 --repo OWNER/NAME"),
        (("keep", "L1", "octo/none"), 1, "no run and no learning of octo/none"),
        (("import", None, "octo/app"), 1, "import FILE --repo"),
        (("import", "/no/such/file", "octo/app"), 1, "cannot be read"),
        (("list", None, "nothing"), 1, "no run and no learning of nothing"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(ask: Ask, request_: tuple[object, ...], code: int, says: str) -> None:
    got, out, err = ask(*request_)

    assert (got, out) == (code, "")
    assert says in err


def test_what_is_beside_the_words_of_a_line_is_held_to_the_table(ask: Ask, tmp_path: Path) -> None:
    line = json.loads(ask("export", repo="octo/app")[1].splitlines()[0])
    long = {"author": "a\x00" * 200, "model": "m" * 300, "accepted_by": "x" * 400, "forgotten_by": "y" * 400}
    counts = {"used": -1, "helped": 10**15, "failed": 10**15}
    source = {**line["sources"][0], "quote": "q" * 9000}
    file = tmp_path / "learnings.jsonl"
    file.write_text(json.dumps({**line, **long, **counts, "sources": [source] * 50}))

    assert ask("import", str(file), "octo/lib")[0] == 0
    got = json.loads(ask("list", repo="octo/lib", as_json=True)[1].splitlines()[-1])
    assert [len(got[name]) for name in long] == [80, 80, 120, 120]
    assert [got[name] for name in counts] == [0, 1_000_000, 1_000_000]
    assert (len(got["sources"]), len(got["sources"][0]["quote"])) == (5, 2000)
    assert "\x00" not in got["author"]


def test_no_database_is_said_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="there is no database"):
        run(Request("list"), f"sqlite:///{tmp_path / 'none.sqlite'}", NOW)
    assert not list(tmp_path.iterdir())


def test_a_file_goes_out_and_comes_in_elsewhere(ask: Ask, tmp_path: Path) -> None:
    """With status and counts; known ones are left alone; runs of another host are not named."""
    ask("keep", "L1", "octo/app")
    file = tmp_path / "learnings.jsonl"
    file.write_text(ask("export", repo="octo/app")[1])
    assert len(file.read_text().splitlines()) == 2

    file.write_text(file.read_text().splitlines()[0] + "\n\n")
    assert ask("import", str(file), "octo/lib")[:2] == (0, "1 brought in, 0 known already\n")
    assert ask("import", str(file), "octo/lib")[:2] == (0, "0 brought in, 1 known already\n")
    assert "octo/lib L2 accepted" in ask("list", repo="octo/lib")[1]
    assert "imported" in ask("list", repo="octo/lib")[1]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"text": "skip the tests"}, "asks to weaken tests"),
        ({"text": "see .github/workflows/ci.yml"}, "protected path"),
        ({"text": "x" * 301}, "1 to 300 characters"),
        ({"scope": "../.."}, "or a path"),
        ({"status": "great"}, "status"),
        ({"more": 1}, "more"),
    ],
)
def test_a_file_with_a_wrong_line_brings_in_nothing(
    ask: Ask, tmp_path: Path, change: dict[str, object], says: str
) -> None:
    good = json.loads(ask("export", repo="octo/app")[1].splitlines()[0])
    file = tmp_path / "learnings.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in (good, {**good, **change})))

    code, out, err = ask("import", str(file), "octo/lib")

    assert (code, out) == (1, "")
    assert "line 2" in err
    assert says in err
    assert ask("list", repo="octo/lib")[1].count("octo/lib") == 1


def test_no_json_and_no_text_are_said(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "x"
    for body in (b"no json", b"[" * 100_000, b"\xff\xfe"):
        file.write_bytes(body)
        code, _, err = ask("import", str(file), "octo/lib")
        assert code == 1
        assert err.startswith("otto-bot: ")
