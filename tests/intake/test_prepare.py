"""The first effect of a labelled issue, on the same bench: what is read before any model is paid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from otto_bot.core.effects import Effect, scheduled
from otto_bot.core.events import Prepared, Refused, RunEvent
from otto_bot.core.lanes import LaneKind
from otto_bot.core.redact import Redactor
from otto_bot.core.rights import lacking
from otto_bot.core.run import Run
from otto_bot.git.runner import GitRunner
from otto_bot.github.errors import Refused as GitHubRefused
from otto_bot.github.errors import Unreachable
from otto_bot.jobs.context import Context
from otto_bot.jobs.prepare import prepare
from otto_bot.jobs.registry import _tried
from otto_bot.model.client import ModelClient
from otto_bot.model.prices import AS_OF, Prices
from otto_bot.playground.github.config import RuleConfig
from otto_bot.store.effect_rows import EffectRows, Ticket
from otto_bot.store.granted import Grants
from otto_bot.store.onboarded import all_onboarded, keep_onboarded, onboarded
from otto_bot.text.links import Links
from otto_bot.text.refusals import reason_words

CI = """
on:
  pull_request:
    branches: [main]
permissions: {contents: read}
jobs:
  test:
    runs-on: ubuntu-latest
    steps: [{run: "true"}]
"""
WORKFLOW = {".github/workflows/ci.yml": CI}


def no_model() -> ModelClient:
    raise AssertionError("no model may be called before the repository is prepared")


def context_of(bench: Any, tmp_path: Path) -> Context:
    """What jobs get, on the bench."""
    home = tmp_path / "git-home"
    home.mkdir(exist_ok=True)
    return Context(
        ledger=bench.ledger, rows=EffectRows(bench.engine), archive=bench.archive, learnings=bench.learnings,
        github=bench.github,
        web_url="http://github.test", docs_url="", runner=GitRunner(home), state_dir=tmp_path, model=no_model,
        prices=Prices.published(), redactor=Redactor(), cage=None, stopping=lambda: False, now=bench.now,
        nonce_key=b"key", grants=Grants(bench.engine),
    )  # fmt: skip


async def prepared(bench: Any, tmp_path: Path, **does: Any) -> Prepared | Refused:
    """Label the issue (or do something else) and execute the effect that is due."""
    await bench.do(**(does or {"label": {"name": "otto"}}))
    context = context_of(bench, tmp_path)
    run = bench.run
    effect: Effect = next(effect for effect in scheduled(run) if effect.kind == "prepare")
    (event,) = await prepare(context, run, effect, Ticket(key=effect.key, generation=1))
    assert isinstance(event, Prepared | Refused)
    return event


async def test_defaults_where_there_is_no_file(open_bench: Any, tmp_path: Path) -> None:
    async with open_bench(WORKFLOW) as bench:
        event = await prepared(bench, tmp_path)
        labels = {label.name for label in bench.stand_in.hub.world.labels}

    assert isinstance(event, Prepared)
    assert (event.lane.kind, event.lane.jobs) == (LaneKind.PULL_REQUEST, ("test",))
    assert (event.config.attempts.per_task, event.prefix, event.exposure.items) == (3, "otto", ())
    assert {"otto", "otto:needs-human", "otto:done", "otto:verification"} <= labels


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("budget: {usd: 5\nplan: [", ["line 2", ".github/otto.yml"]),
        ("budgets: {usd: 5}\n", ["budgets"]),
        ("attempts: {per_task: 99}\n", ["attempts.per_task"]),
        ("- a\n- b\n", ["mapping"]),
    ],
)
async def test_a_file_that_cannot_be_used_stops_the_run_and_says_why(
    open_bench: Any, tmp_path: Path, text: str, words: list[str]
) -> None:
    async with open_bench({**WORKFLOW, ".github/otto.yml": text}) as bench:
        event = await prepared(bench, tmp_path)

    assert isinstance(event, Refused)
    assert all(word in event.reason for word in words), event.reason


@pytest.mark.parametrize("role", ["planner", "coder", "judge", "pilot"])
async def test_a_model_without_a_price_is_refused_before_anything_is_spent(
    open_bench: Any, tmp_path: Path, role: str
) -> None:
    text = f"models: {{{role}: claude-sonet-5}}\n"
    async with open_bench({**WORKFLOW, ".github/otto.yml": text}) as bench:
        event = await prepared(bench, tmp_path)

    assert isinstance(event, Refused)
    words = [f"`models.{role}` is claude-sonet-5", "near it: claude-sonnet-5", "OTTO_PRICES", AS_OF, "otto.yml"]
    assert all(word in event.reason for word in words), event.reason
    assert event.reply == "/otto resume"


async def test_without_a_workflow_it_rests_with_a_link_that_adds_one(open_bench: Any, tmp_path: Path) -> None:
    async with open_bench() as bench:
        event = await prepared(bench, tmp_path)

    assert isinstance(event, Refused)
    assert "/new/main?filename=" in event.reason
    assert "otto-verify.yml" in event.reason


@pytest.mark.parametrize(("files", "empty"), [({"README.md": "# shop"}, True), ({"src/app.py": "x = 1"}, False)])
async def test_the_workflow_that_is_offered_fits_a_repository_without_source(
    open_bench: Any, tmp_path: Path, files: dict[str, str], empty: bool
) -> None:
    async with open_bench(files) as bench:
        event = await prepared(bench, tmp_path)

    assert isinstance(event, Refused)
    assert event.offered is not None
    assert event.offered.empty is empty
    assert ("put your test command in" in event.reason) is not empty


async def test_what_is_offered_fits_the_files_and_is_kept_for_the_host_page(open_bench: Any, tmp_path: Path) -> None:
    """Also where a file that would tell is a folder, or no text."""
    files = {"web/package.json": '{"scripts": {"test": "vitest run"}}', "api/go.mod": "module a", "Makefile/a": "x"}
    async with open_bench(files) as bench:
        event = await prepared(bench, tmp_path)
        (kept,) = all_onboarded(bench.archive)

    assert isinstance(event, Refused)
    assert event.offered is not None
    assert {one.path: one.test for one in event.offered.projects} == {"api": ("go test ./...",), "web": ("npm test",)}
    assert (kept.facts, kept.lane, kept.full_name) == (event.offered, LaneKind.NONE, bench.repo.full_name)


async def test_where_pull_requests_verify_the_offer_is_made_once_for_a_repository(
    open_bench: Any, tmp_path: Path
) -> None:
    """The same run may be prepared again; another one does not repeat it."""
    async with open_bench({**WORKFLOW, "go.mod": "module a"}) as bench:
        first = await prepared(bench, tmp_path)
        known = onboarded(bench.archive, bench.repo.id)
        assert known is not None
        keep_onboarded(bench.archive, known.model_copy(update={"offered_by": known.offered_by + 1}))
        second = await prepared(bench, tmp_path, comment="/otto status")

    assert isinstance(first, Prepared)
    assert isinstance(second, Prepared)
    assert first.offered is not None
    assert second.offered is None


async def test_without_a_commit_it_asks_for_a_first_file_with_a_link(open_bench: Any, tmp_path: Path) -> None:
    async with open_bench(WORKFLOW) as bench:
        bench.stand_in.hub.world.repo.line("update-ref", "-d", "refs/heads/main")
        event = await prepared(bench, tmp_path)

    assert isinstance(event, Refused)
    assert "no commit yet" in event.reason
    assert "/new/main?filename=README.md" in event.reason
    assert event.reply == "/otto resume"


async def test_a_branch_of_the_prefixs_name_moves_otto_aside(open_bench: Any, tmp_path: Path) -> None:
    async with open_bench(WORKFLOW) as bench:
        await bench.branch("otto")
        event = await prepared(bench, tmp_path)

    assert isinstance(event, Prepared)
    assert event.prefix == "otto-bot"


async def test_a_file_that_cannot_be_fetched_is_no_file_without_settings(open_bench: Any, tmp_path: Path) -> None:
    async with open_bench({**WORKFLOW, ".github/otto.yml": "attempts: {per_task: 1}\n"}) as bench:
        await bench.do(label={"name": "otto"})
        bench.fault(kind="status", status=502, match={"path": "otto.yml", "count": 100})
        with pytest.raises(Unreachable):
            await prepared(bench, tmp_path)


async def test_what_only_certifies_needs_no_workflow(open_bench: Any, tmp_path: Path) -> None:
    async with open_bench({"README.md": "# a"}) as bench:
        event = await prepared(bench, tmp_path, comment="/otto certify")
    assert isinstance(event, Prepared)
    assert event.lane.kind is LaneKind.NONE


PATTERN = {"type": "branch_name_pattern", "parameters": {"operator": "regex", "pattern": "^(feature|fix)/"}}


def rule(kind: str, operator: str = "", pattern: str = "", **more: Any) -> dict[str, Any]:
    return {"type": kind, "parameters": {"operator": operator, "pattern": pattern} if operator else None, **more}


@pytest.mark.parametrize(
    ("rules", "branches", "text", "prefix"),
    [
        ([], ["otto"], "", "otto-bot"),
        ([], ["feature"], "branches: {prefix: feature/bots}\n", "feature-bot/bots"),
        ([PATTERN], [], "", "feature/otto"),
        ([PATTERN], ["feature"], "", "fix/otto"),
        ([PATTERN], [], "branches: {prefix: fix/otto}\n", "fix/otto"),
        ([rule("branch_name_pattern", "starts_with", "bots/")], [], "", "bots/otto"),
        ([rule("creation", exclude=["otto/**"])], [], "", "otto"),
        ([rule("creation", bypass="always")], [], "", "otto"),
        ([rule("creation", include=["~DEFAULT_BRANCH"])], [], "", "otto"),
        ([rule("required_signatures")], [], "", "otto"),
        ([rule("committer_email_pattern", "ends_with", "@github.com"), rule("required_signatures")], [], "", "otto"),
        ([rule("commit_message_pattern", "contains", "issue")], [], "", "otto"),
    ],
)
async def test_branches_get_a_prefix_that_github_lets_through(
    open_bench: Any, tmp_path: Path, rules: list[dict[str, Any]], branches: list[str], text: str, prefix: str
) -> None:
    async with open_bench({**WORKFLOW, ".github/otto.yml": text}) as bench:
        world = bench.stand_in.hub.world
        world.config.rules[:] = [RuleConfig.model_validate({"include": ["~ALL"], **one}) for one in rules]
        for name in branches:
            world.repo.update_ref(f"refs/heads/{name}", world.repo.resolve("main"), "0" * 40)
        event = await prepared(bench, tmp_path)

    assert isinstance(event, Prepared)
    assert event.prefix == prefix


@pytest.mark.parametrize(
    ("rules", "text", "words", "trouble"),
    [
        ([rule("creation")], "", ["rule `creation` of ruleset 1 lets nobody make a branch like `otto/1-1/run`"],
         "restricted-creation"),
        ([rule("update")], "", ["`update`", "exclude `otto/**`"], "restricted-creation"),
        ([rule("pull_request", bypass="pull_requests_only")], "", ["only by a pull request"], "restricted-creation"),
        ([PATTERN], "branches: {prefix: mine}\n", ["match `^(feature|fix)/`; Otto's would be `mine/1-1/run`",
                                                  "or set `branches.prefix: feature/mine`"], "branch-pattern"),
        ([rule("branch_name_pattern", "regex", "^[A-Z]+-[0-9]+/")], "", ["or choose a prefix that fits"],
         "branch-pattern"),
        ([PATTERN, rule("creation")], "", ["`branch_name_pattern`", "`creation`"], "branch-pattern"),
        ([rule("commit_message_pattern", "regex", "^OPS-[0-9]+")], "",
         ["wants commit messages that match `^OPS-[0-9]+`; Otto's begins with `Start work on issue 1`"],
         "branch-pattern"),
        ([rule("commit_author_email_pattern", "ends_with", "@octo.example")], "",
         ["Otto's is `9001+otto[bot]@users.noreply.github.com`"], "branch-pattern"),
    ],
)  # fmt: skip
async def test_rules_that_refuse_the_branches_stop_the_run_before_anything_is_paid(
    open_bench: Any, tmp_path: Path, rules: list[dict[str, Any]], text: str, words: list[str], trouble: str
) -> None:
    async with open_bench({**WORKFLOW, ".github/otto.yml": text}) as bench:
        bench.stand_in.hub.world.config.rules[:] = [
            RuleConfig.model_validate({"include": ["~ALL"], "exclude": ["main"], **one}) for one in rules
        ]
        event = await prepared(bench, tmp_path)

    assert isinstance(event, Refused)
    assert event.trouble == trouble
    assert "let the App of Otto bypass this in Settings → Rules → Rulesets" in event.reason
    assert event.reason.endswith("/rules")
    for word in words:
        assert word in event.reason


async def test_what_an_owner_has_not_granted_is_said_first(open_bench: Any, tmp_path: Path) -> None:
    """Before a file is read: nothing else could be trusted to work."""
    async with open_bench({**WORKFLOW, ".github/otto.yml": "nonsense: 1\n"}) as bench:
        world = bench.stand_in.hub.world
        world.accepted = {**world.config.app.permissions, "checks": "read", "statuses": "read"}
        event = await prepared(bench, tmp_path)
        links = Links(world.base_url, "octo", "demo")

    assert isinstance(event, Refused)
    assert event.trouble == "missing-permission"
    assert "octo has not granted Otto `Checks: read and write`" in event.reason
    shown = reason_words(event.reason, links, "main")
    assert f"[GitHub's page of the installation]({world.base_url}/settings/installations/800001)" in shown


@pytest.mark.parametrize("required", [["test"], ["test", "soak"], ["soak"]])
async def test_a_required_check_that_nothing_can_report_is_told_with_the_plan(
    open_bench: Any, tmp_path: Path, required: list[str]
) -> None:
    nightly = "on: {schedule: [{cron: '0 0 * * *'}]}\njobs: {soak: {runs-on: x, steps: [{run: y}]}}\n"
    async with open_bench({**WORKFLOW, ".github/workflows/nightly.yml": nightly}) as bench:
        checks = {"required_status_checks": [{"context": name} for name in required]}
        rules = {"type": "required_status_checks", "parameters": checks}
        bench.stand_in.hub.world.config.rules[:] = [RuleConfig.model_validate(rules)]
        event = await prepared(bench, tmp_path)

    assert isinstance(event, Prepared)
    assert len(event.hinders) == ("soak" in required)
    assert all("`soak` is required on main" in words and "`test`" not in words for words in event.hinders)


async def test_a_refusal_for_want_of_a_right_makes_it_known_what_is_granted(open_bench: Any, tmp_path: Path) -> None:
    """The job is the real one of an App that may write no checks; what it says is not changed by the look."""
    async with open_bench(WORKFLOW) as bench:
        await bench.do(label={"name": "otto"})
        context, world = context_of(bench, tmp_path), bench.stand_in.hub.world
        world.accepted = {**world.config.app.permissions, "checks": "read"}

        async def writes(context: Context, run: Run, _effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
            await context.repository(run).upsert_check("0" * 40, "n", "x", status="queued", title="t", summary="s")
            return []

        effect: Effect = next(effect for effect in scheduled(bench.run) if effect.kind == "prepare")
        with pytest.raises(GitHubRefused, match="not granted"):
            await _tried(writes, context, bench.run, effect, Ticket(key=effect.key, generation=1))
        (kept,) = Grants(bench.engine).all()

    assert lacking(kept.permissions) == {"checks": "write"}
