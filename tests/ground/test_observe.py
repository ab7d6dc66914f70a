"""docs/observe.md and docs/alerts.yml say what the code logs, counts and names: nothing more, nothing less."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from otto_bot.app import build_app
from otto_bot.core.events import read_event
from otto_bot.core.invariants import InvariantBroken
from otto_bot.core.machine import reduce
from otto_bot.core.run import Run
from otto_bot.engine.numbers import WorkerNumbers
from otto_bot.observe.context import FIELDS
from otto_bot.observe.events import Event
from otto_bot.settings import Settings
from otto_bot.store.database import open_database
from otto_bot.store.telling import steps

ROOT = Path(__file__).resolve().parents[2]
OBSERVE = (ROOT / "docs" / "observe.md").read_text()
ALERTS = (ROOT / "docs" / "alerts.yml").read_text()
DOCS = "https://github.com/otto-bot/otto/blob/main/docs/"
LEDGERS = sorted((ROOT / "tests" / "core" / "ledgers").glob("*.jsonl"))
PLAIN = {"up": {"job"}}
"""Series that Prometheus makes itself."""
ADDED = {"job", "instance"}
"""Labels that it adds to every series."""


def rows(name: str) -> list[list[str]]:
    """The rows of the table between the marks `name`."""
    part = OBSERVE.partition(f"<!-- {name}:")[2].partition(f"<!-- end of {name} -->")[0]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in part.splitlines() if line.startswith("| `")]


def words(cell: str) -> set[str]:
    """What stands in backticks."""
    return set(re.findall(r"`([^`]+)`", cell))


def test_the_fields_of_log_lines_are_described() -> None:
    assert [words(row[0]) for row in rows("fields")] == [{name} for name in FIELDS]


def test_the_events_of_the_log_are_described_and_each_is_told_somewhere() -> None:
    """Each of them is named by the code outside of the list itself."""
    described = [next(iter(words(row[0]))) for row in rows("events")]
    told = {
        node.attr
        for path in (ROOT / "otto_bot").rglob("*.py")
        if "Event." in (source := path.read_text()) and path.name != "events.py"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Event"
    }

    assert sorted(described) == sorted(Event)
    assert {event.name for event in Event} <= told


def played() -> Iterator[tuple[Run | None, Run, Any]]:
    """Every write of the ledgers that are kept from earlier versions."""
    for path in LEDGERS:
        run: Run | None = None
        for line in path.read_text().splitlines()[:-1]:  # the last one is the snapshot
            event = read_event(line)
            try:
                after = reduce(run, event)
            except InvariantBroken:
                continue
            assert after is not None
            yield run, after, event
            run = after


def test_the_fields_of_events_are_described() -> None:
    """Of those that a run tells: played from whole ledgers, in which most of them happen."""
    described = {next(iter(words(row[0]))): words(row[2]) for row in rows("events")}
    seen: dict[str, set[str]] = {}
    for before, after, event in played():
        for name, fields in steps(before, after, [event]):
            seen.setdefault(name, set()).update(fields)

    assert {name: fields - described[name] for name, fields in seen.items()} == {name: set() for name in seen}
    assert {"run.started", "plan.made", "attempt.begun", "attempt.ended", "gate.decided", "comment.posted"} <= set(seen)


def walked(registry: CollectorRegistry) -> dict[str, set[str]]:
    """Names and labels of everything that is registered; counters as Prometheus shows them."""
    found: dict[str, set[str]] = {}
    for collector in set(registry._collector_to_names):
        labels = set(getattr(collector, "_labelnames", ()))
        for family in collector.collect():
            found[family.name + ("_total" if family.type == "counter" else "")] = labels
    return found


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, set[str]]]:
    """What web process and worker register, as they are put together."""
    folder = tmp_path_factory.mktemp("observe")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    settings = Settings(
        app_id=1, private_key=SecretStr(pem), webhook_secret=(SecretStr("hook"),), state_dir=folder,
    )  # fmt: skip
    web = walked(build_app(settings, lambda: True)._receiver._metrics.registry)  # type: ignore[attr-defined]
    worker = walked(WorkerNumbers(open_database(settings.database), folder, "127.0.0.1", 0).registry)
    return {"web": web, "worker": worker}


def test_every_series_is_described_and_every_described_one_is_shown(shown: dict[str, dict[str, set[str]]]) -> None:
    """With its labels, and by the process that the table names."""
    described: dict[str, dict[str, set[str]]] = {"web": {}, "worker": {}}
    for row in rows("metrics"):
        for process in ("web", "worker") if row[1] == "both" else (row[1],):
            described[process][next(iter(words(row[0])))] = words(row[2])

    assert described == shown


def test_names_and_labels_follow_the_conventions(shown: dict[str, dict[str, set[str]]]) -> None:
    """One prefix, no capitals, base units; no label whose values anybody could make up without end."""
    unbounded = {"repo", "repository", "issue", "run", "user", "login", "message", "task", "delivery", "installation"}
    for series in shown.values():
        for name, labels in series.items():
            assert re.fullmatch(r"otto_[a-z0-9_]+", name)
            assert not re.search(r"_(ms|minutes|kb|mb|gib|percent)(_|$)", name)
            assert not labels & unbounded


def selectors(query: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Series and the labels that they are chosen by; `rate(x[5m])` and the like are read past."""
    for name, chosen in re.findall(r"\b(otto_[a-z0-9_]+|up)\b(?:\{([^}]*)\})?", query):
        matches = re.findall(r'(\w+)(?:=~|!~|!=|=)"([^"]*)"', chosen)
        assert len(matches) == (chosen.count('="') + chosen.count('~"')), query
        yield name, dict(matches)


def check(query: str, known: dict[str, set[str]], meanings: dict[str, str]) -> None:
    """Everything that a query names is there."""
    assert query.count("(") == query.count(")")
    labels_of_all = set[str]()
    for written, chosen in selectors(query):
        name = written if written in known else re.sub(r"_(bucket|sum|count)$", "", written)
        assert name in known, f"{query}: there is no {written}"
        labels_of_all |= known[name] | ADDED | ({"le"} if written.endswith("_bucket") else set())
        assert set(chosen) <= known[name] | ADDED, f"{query}: {written} has no such label"
        for label, value in chosen.items():
            for one in value.split("|") if label not in ADDED else ():
                assert f"`{one}`" in meanings[name], f"{query}: {written} has no {label}={one}"
    assert labels_of_all
    for grouped in re.findall(r"\bby \(([^)]*)\)", query):
        assert {one.strip() for one in grouped.split(",")} <= labels_of_all, query


def anchors(page: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", (ROOT / "docs" / page).read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_alerts_name_what_is_there_and_lead_to_what_to_do(shown: dict[str, dict[str, set[str]]]) -> None:
    """Series, labels and their values; how long, how bad, and a part of the documents."""
    known = {**shown["web"], **shown["worker"], **PLAIN}
    meanings = {next(iter(words(row[0]))): row[3] for row in rows("metrics")}
    (group,) = yaml.safe_load(ALERTS)["groups"]
    assert set(group) == {"name", "rules"}
    names = [rule["alert"] for rule in group["rules"]]
    assert len(names) == len(set(names)) > 12
    for rule in group["rules"]:
        assert {"alert", "expr", "labels", "annotations"} <= set(rule) <= {
            "alert", "expr", "for", "labels", "annotations"
        }  # fmt: skip
        assert re.fullmatch(r"\d+[mhd]", rule.get("for", "1m"))
        assert "for" in rule or "increase(" in rule["expr"], "what lasts no time at all calls nobody"
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        check(rule["expr"], known, meanings)
        page, _, anchor = rule["annotations"]["runbook_url"].removeprefix(DOCS).partition("#")
        assert anchor in anchors(page), rule["annotations"]["runbook_url"]
        assert rule["annotations"]["summary"]


def test_questions_of_the_page_name_what_is_there(shown: dict[str, dict[str, set[str]]]) -> None:
    known = {**shown["web"], **shown["worker"]}
    meanings = {next(iter(words(row[0]))): row[3] for row in rows("metrics")}
    queries = re.findall(r"^\| [^|`]+ \| `([^`]+)` \|$", OBSERVE, re.MULTILINE)

    assert len(queries) == 5
    for query in queries:
        check(query, known, meanings)
