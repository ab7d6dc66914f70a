"""One budget for the whole prompt of a gate: nothing starves, what is cut is said, and its words have a version."""

import hashlib
import tracemalloc
from typing import Any

import pytest

from otto_bot.agents.diff_excerpt import Changed, diff_excerpt
from otto_bot.agents.evidence_pack import Reported, number_evidence
from otto_bot.agents.packing import BYTES_PER_TOKEN, head, size
from otto_bot.agents.pilot_prompt import (
    PILOT_PROMPT_TOKENS,
    PROMPT_BYTES,
    PROMPT_VERSION,
    GateRequest,
    Past,
    pilot_prompt,
    pilot_system,
    replan_prompt,
    replan_system,
)
from otto_bot.core.decision import Action, Facts
from otto_bot.core.evidence import Cause, Excerpt, FailingTest, Failure, Phase
from otto_bot.core.plan import Criterion, Plan, TaskSpec

NONCE = "n0nce12345"
ALL = frozenset({Action.RETRY, Action.RETRY_DIFFERENT, Action.RESTART_FRESH, Action.SKIP, Action.ASK})


def failure(task: str, *excerpts: Excerpt, **changes: Any) -> Failure:
    made: dict[str, Any] = {
        "task": task,
        "attempt": 1,
        "phase": Phase.VERIFY,
        "cause": Cause.TEST,
        "excerpts": excerpts,
    }
    return Failure(**{**made, **changes})


@pytest.fixture(scope="module")
def big() -> GateRequest:
    return huge(megabytes=1)


def huge(megabytes: int) -> GateRequest:
    """200 tasks to come with the longest texts, 2,000 learnings, 40 failures with a log of so many megabytes each."""
    tasks = tuple(
        TaskSpec(key=f"t{n}", title="t" * 120, goal="ü" * 4000, criteria=(Criterion(id="c1", text="c" * 500),) * 20)
        for n in range(1, 241)
    )
    plan = Plan(summary="s" * 1000, mode="decomposed", tasks=tasks)
    failed, pending = plan.keys[:40], plan.keys[40:]
    half = "nothing to see here\n" * (megabytes * 1024 * 1024 // 40)
    log = Excerpt(
        kind="log", source="CI / test", text=f"{half}E   AssertionError: the first error\n{half}", first_line=1
    )
    failures = [failure(key, log, detail="d" * 5000) for key in failed]
    texts = [Reported(task=t.key, excerpt=Excerpt(kind="spec", source="plan", text=t.goal)) for t in tasks]
    pack = number_evidence(failures, texts, PROMPT_BYTES)
    facts = Facts(
        plan=plan, open_failures=dict.fromkeys(failed, ALL), pending=frozenset(pending), evidence=pack.by_id,
        protected=(".github/**",) * 200,
    )  # fmt: skip
    return GateRequest(
        run="7", gate=1, model="m", facts=facts, failures=tuple(failures), cut=pack.cut, nonce=NONCE,
        history=tuple(Past(task=key, attempt=1, strategy="s" * 500, result="r" * 900) for key in failed),
        learnings=("l" * 300,) * 2000, attempts_left=dict.fromkeys(failed, 2),
    ).bounded()  # fmt: skip


def test_a_huge_gate_gives_a_prompt_within_the_budget_and_every_failure_its_first_error(big: GateRequest):
    request = big
    prompt = pilot_prompt(request)
    assert size(prompt) + size(pilot_system(NONCE)) <= PROMPT_BYTES == PILOT_PROMPT_TOKENS * BYTES_PER_TOKEN
    shown = {item.task: item.excerpt.text for item in big.facts.evidence.values() if item.excerpt.kind == "log"}
    assert set(shown) == set(big.facts.open_failures)
    assert all("AssertionError: the first error" in text for text in shown.values())
    assert prompt.count("AssertionError: the first error") == 40
    assert "characters cut around the first error" in prompt
    assert "more left out for space" in prompt
    assert "not shown for space" in prompt
    assert size(replan_prompt(request)) + size(replan_system(NONCE)) <= PROMPT_BYTES


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_logs_of_thirty_megabytes_make_it_no_longer():
    request = huge(megabytes=30)
    prompt = pilot_prompt(request)
    assert size(prompt) + size(pilot_system(NONCE)) <= PROMPT_BYTES
    assert prompt.count("AssertionError: the first error") == 40


def test_long_logs_are_not_copied_for_each_failure():
    """Twenty failures with a log of two megabytes each: only what may be shown of them is held meanwhile."""
    log = Excerpt(kind="log", source="CI / test", text="error: \x07bell\n" + "nothing to see here\n" * 100_000)
    failures = [failure(f"t{n}", log) for n in range(1, 21)]
    tracemalloc.start()
    try:
        pack = number_evidence(failures, budget=24_000)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(pack.items) == 20
    assert most < 5 * len(log.text)


def test_bounding_a_request_twice_is_bounding_it_once(big: GateRequest):
    again = big.bounded()
    assert again.facts.evidence == big.facts.evidence
    assert again.cut == big.cut


def test_failures_are_served_before_texts_and_texts_share_the_rest():
    loud = Excerpt(kind="log", source="CI / test", text="error: x\n" * 20_000)
    text = Reported(task="t9", excerpt=Excerpt(kind="spec", source="plan", text="word " * 20_000))
    pack = number_evidence([failure("t1", loud)], [text], 10_000)
    sizes = {item.excerpt.kind: size(item.excerpt.text) for item in pack.items}
    assert 5_500 <= sizes["log"] <= 6_000
    assert 3_000 <= sizes["spec"] <= 4_000
    alone = number_evidence([failure("t1", loud)], [], 10_000)
    assert size(alone.items[0].excerpt.text) > 9_000


def test_no_check_of_a_failure_starves_another():
    many = [Excerpt(kind="log", source="CI / noisy", text="error: a\n" * 3_000) for _ in range(10)]
    quiet = Excerpt(kind="log", source="CI / quiet", text="error: the quiet one\n" * 200)
    pack = number_evidence([failure("t1", *many, quiet)], [], 6_000)
    shares = {source: sum(size(i.excerpt.text) for i in pack.items if i.excerpt.source == source)
              for source in ("CI / noisy", "CI / quiet")}  # fmt: skip
    assert abs(shares["CI / noisy"] - shares["CI / quiet"]) < 300


def test_failing_tests_with_message_and_frames_are_evidence_unless_a_report_is():
    test = FailingTest(id="test_x", message="1 != 2", file="a.py", line=3, frames=("a.py:3 in f",))
    pack = number_evidence([failure("t1", Excerpt(kind="log", source="s", text="e"), failing_tests=(test,))])
    assert pack.items[1].excerpt.text == "test_x (a.py:3): 1 != 2\n  at a.py:3 in f"
    report = Excerpt(kind="test", source="artifact junit", text="test_x: 1 != 2")
    assert len(number_evidence([failure("t1", report, failing_tests=(test,))]).items) == 1


def test_bytes_are_counted_not_characters():
    assert head("ü" * 10, 5) == "üü"
    assert size(head("日本語" * 1000, 1000)) <= 1000


CHANGES = [
    Changed(path="docs/readme.md", additions=1, patch="@@ -1,1 +1,2 @@\n+words"),
    Changed(path="src/far.py", additions=1, patch="@@ -1,1 +500,2 @@\n+far"),
    Changed(path="src/store.py", additions=2, deletions=1,
            patch="@@ -1,3 +1,3 @@\n+top\n@@ -90,4 +100,4 @@\n+near"),
]  # fmt: skip


def test_a_diff_shows_what_stands_near_the_failure_first():
    why = failure("t1", Excerpt(kind="log", source="s", text='File "/home/x/src/store.py", line 105, in f'),
                  suspected_files=("src/far.py",))  # fmt: skip
    excerpt = diff_excerpt(CHANGES, why)
    assert excerpt is not None
    assert excerpt.source == "diff of attempt 1"
    assert excerpt.text.startswith("docs/readme.md +1 -0\nsrc/far.py +1 -0\nsrc/store.py +2 -1\n--- src/store.py")
    order = [excerpt.text.index(word) for word in ("+near", "+far", "+words")]
    assert order == sorted(order)


def test_a_diff_within_its_limit_says_what_it_leaves_out():
    many = [Changed(path=f"f{n}.py", additions=1, patch=f"@@ -1 +1 @@\n+{'x' * 900}") for n in range(60)]
    excerpt = diff_excerpt(many, failure("t1"), 4_000)
    assert excerpt is not None
    assert size(excerpt.text) <= 4_100
    assert "… and 20 more files" in excerpt.text
    assert "of 60 hunks left out for space" in excerpt.text
    assert diff_excerpt([], failure("t1")) is None


VERSIONS = {"pilot/2": "0b8b944504020633"}


def test_a_changed_system_prompt_has_a_new_version():
    """Words changed? Raise PROMPT_VERSION and add its hash here: decisions of different prompts must be told apart."""
    words = "\n".join((pilot_system(NONCE), replan_system(NONCE)))
    assert VERSIONS.get(PROMPT_VERSION) == hashlib.sha256(words.encode()).hexdigest()[:16]


@pytest.mark.parametrize("line", ["Needs a strategy (allowed actions):", "To run if every failed task is coded again:",
                                  "Depends on:", "Apart:", "Pending:", "Budget left:"])  # fmt: skip
def test_the_trusted_part_has_these_lines(big: GateRequest, line: str):
    prompt = pilot_prompt(big)
    assert prompt.index(line) < prompt.index(f"<untrusted-{NONCE}")
