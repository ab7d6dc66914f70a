"""Tells a run as it happens: one readable line for each event that a person would want to hear of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.markup import escape

Json = dict[str, Any]
GREEN, RED, DIM, PILOT = "green", "red", "dim", "cyan"


class Story:
    """Turns events into lines with rich markup; remembers the plan, so that tasks have titles, and the base."""

    def __init__(self) -> None:
        self._titles: dict[str, str] = {}
        self._base = ""

    def lines(self, event: Json) -> list[str]:
        """What to print for an event; often nothing."""
        tell: Callable[[Json], list[str]] | None = getattr(self, f"_on_{event.get('type', '')}", None)
        return tell(event) if tell is not None else []

    def _task(self, key: str) -> str:
        title = self._titles.get(key)
        return f"[bold]{key}[/bold] {escape(title)}" if title else f"[bold]{key}[/bold]"

    def _on_RunStarted(self, event: Json) -> list[str]:  # noqa: N802 - named after the event
        who = event.get("actor", {}).get("login", "someone")
        return [f"{escape(who)} labels issue #{event.get('issue')}: “{escape(event.get('title', ''))}”"]

    def _on_Prepared(self, event: Json) -> list[str]:  # noqa: N802
        lane = event.get("lane", {})
        self._base = str(event.get("base_sha", ""))
        return [f"[{DIM}]verified by: {escape(str(lane.get('kind', lane)))}[/{DIM}]"]

    def _on_Refused(self, event: Json) -> list[str]:  # noqa: N802
        return [f"[yellow]rests[/yellow]: {escape(event.get('reason', ''))}"]

    def _on_PlanMade(self, event: Json) -> list[str]:  # noqa: N802
        tasks = event.get("plan", {}).get("tasks", [])
        self._titles = {task["key"]: task["title"] for task in tasks}
        lines = [f"planned: {len(tasks)} task{'s' if len(tasks) != 1 else ''}"]
        for task in tasks:
            after = f" [{DIM}](after {', '.join(task['depends_on'])})[/{DIM}]" if task.get("depends_on") else ""
            lines.append(f"  {self._task(task['key'])}{after}")
        return lines

    def _on_PullRequestOpened(self, event: Json) -> list[str]:  # noqa: N802
        return [f"draft pull request #{event.get('number')} opened"]

    def _on_AttemptStarted(self, event: Json) -> list[str]:  # noqa: N802
        again = f", attempt {event['attempt']}" if event["attempt"] > 1 else ""
        return [f"{self._task(event['task'])}{again}: coding"]

    def _on_AttemptPushed(self, event: Json) -> list[str]:  # noqa: N802
        return [f"[{DIM}]{event['task']} pushed {event.get('sha', '')[:7]}; GitHub Actions runs on it[/{DIM}]"]

    def _on_AttemptFailed(self, event: Json) -> list[str]:  # noqa: N802
        return [f"{self._task(event['task'])}: [{RED}]failed[/{RED}] ({escape(_why(event.get('failure')))})"]

    def _on_VerificationEnded(self, event: Json) -> list[str]:  # noqa: N802
        key = str(event.get("target", "")).split("/")[0]
        together = f"batch {key[1:]} put together" if key[:1] == "b" and key[1:].isdigit() else key
        name = self._task(key) if key in self._titles else escape(together)
        ending = event.get("ending", "")
        if ending == "green":
            return [f"{name}: [{GREEN}]green[/{GREEN}]"]
        why = _why(event.get("failure"))
        return [f"{name}: [{RED}]{escape(ending)}[/{RED}]" + (f" ({escape(why)})" if why else "")]

    def _on_JudgeEnded(self, event: Json) -> list[str]:  # noqa: N802
        verdict = f"[{RED}]not met[/{RED}]" if event.get("failure") else f"[{GREEN}]criteria met[/{GREEN}]"
        return [f"{self._task(event['task'])}: {verdict} [{DIM}]{escape(event['verdict'].get('summary', ''))}[/{DIM}]"]

    def _on_TasksMerged(self, event: Json) -> list[str]:  # noqa: N802
        return [f"[{GREEN}]on the run branch[/{GREEN}]: {', '.join(event.get('tasks', []))}"]

    def _on_CandidateConflict(self, event: Json) -> list[str]:  # noqa: N802
        return [f"{self._task(event['task'])}: [{RED}]conflicts[/{RED}] with what was merged before"]

    def _on_BaseTaken(self, event: Json) -> list[str]:  # noqa: N802
        known, self._base = self._base, str(event.get("base_sha", ""))
        if self._base == known:  # a run that goes on later looks at the default branch, wherever it stands
            return []
        return [f"the default branch moved and is taken in: {self._base[:7]}"]

    def _on_BaseConflict(self, event: Json) -> list[str]:  # noqa: N802
        if event.get("no_merges"):
            return ["the default branch moved; it is not taken in: a rule takes no merge commit"]
        paths = escape(", ".join(event.get("paths", [])[:3]))
        return [f"the default branch moved and [{RED}]conflicts[/{RED}] with the run branch: {paths}"]

    def _on_GateOpened(self, event: Json) -> list[str]:  # noqa: N802
        return [f"[bold]gate {event.get('gate')}[/bold]: the batch has settled with failures"]

    def _on_DecisionMade(self, event: Json) -> list[str]:  # noqa: N802
        decision = event.get("decision", {})
        lines = [f"[{PILOT}]decided by: {decision.get('decided_by')}[/{PILOT}]"]
        for move in decision.get("moves", []):
            words = move.get("guidance") or move.get("question") or move.get("reason") or ""
            lines.append(f"  {move['task']}: {str(move['action']).replace('_', ' ')}" + _quoted(words))
        lines += [f"  told {fact['target_task']}:{_quoted(fact['context'])}" for fact in decision.get("routed", [])]
        return lines

    def _on_DecisionPosted(self, event: Json) -> list[str]:  # noqa: N802
        return [f"[{PILOT}]the decision stands as a comment on the pull request: r{event.get('revision')}[/{PILOT}]"]

    def _on_DecisionApplied(self, event: Json) -> list[str]:  # noqa: N802
        return [f"reopened, as r{event.get('revision')} says"]

    def _on_JourneysDispatched(self, event: Json) -> list[str]:  # noqa: N802
        return [f"[{DIM}]the journeys run in GitHub Actions[/{DIM}]"] if event.get("run_id") else []

    def _on_JourneysTested(self, event: Json) -> list[str]:  # noqa: N802
        walked = event.get("report", {}).get("journeys", [])
        failing = [one["id"] for one in walked if any(step["status"] != "passed" for step in one["steps"])]
        ending = f"[{RED}]{', '.join(failing)} failed[/{RED}]" if failing else f"[{GREEN}]all passed[/{GREEN}]"
        return [f"[bold]journeys round {event.get('round')}[/bold]: {len(walked)} walked, {ending}"]

    def _on_JourneysSkipped(self, event: Json) -> list[str]:  # noqa: N802
        return [f"journeys: not tested, because {escape(event.get('reason', ''))}"]

    def _on_JourneysTriaged(self, event: Json) -> list[str]:  # noqa: N802
        lines = [f"[{PILOT}]decided by: {event.get('decided_by')}[/{PILOT}]"]
        found = event.get("findings", [])
        return lines + [f"  {one['journey']}: {one['kind']}" + _quoted(one.get("summary", "")) for one in found]

    def _on_CommandGiven(self, event: Json) -> list[str]:  # noqa: N802
        given = event.get("given", {})
        command = given.get("command", {})
        words = ["/otto", command.get("verb", ""), *command.get("tasks", [])]
        guidance = f" -- {command['guidance']}" if command.get("guidance") else ""
        return [
            f"[bold]{escape(given.get('by', {}).get('login', ''))}[/bold] says: {escape(' '.join(words) + guidance)}"
        ]

    def _on_IssueEdited(self, event: Json) -> list[str]:  # noqa: N802
        return [f"[bold]{escape(event.get('by') or 'someone')}[/bold] edits the issue"]

    def _on_ReviewGiven(self, event: Json) -> list[str]:  # noqa: N802
        review = event.get("review", {})
        points = len(review.get("points", []))
        what = f"{points} line comment{'s' if points != 1 else ''}" if points else "no line comments"
        return [f"[bold]{escape(review.get('by', {}).get('login', ''))}[/bold] asks for changes: {what}"]

    def _on_ReviewPosted(self, _event: Json) -> list[str]:  # noqa: N802
        return ["the review is taken up in a comment on the pull request"]

    def _on_ReviewAnswered(self, _event: Json) -> list[str]:  # noqa: N802
        return ["each of its threads has an answer"]

    def _on_PersonCalled(self, _event: Json) -> list[str]:  # noqa: N802
        return ["[yellow]a person is asked[/yellow]"]

    def _on_EffectFailed(self, event: Json) -> list[str]:  # noqa: N802
        return [f"[{DIM}]{escape(event.get('key', ''))}: {escape(event.get('message', '')[:160])}[/{DIM}]"]


def _why(failure: Json | None) -> str:
    """A failure in a few words: its cause and the first thing that failed."""
    if not failure:
        return ""
    tests = failure.get("failing_tests") or []
    detail = (tests[0].get("message") or tests[0].get("id", "")) if tests else failure.get("detail", "")
    first = str(detail).strip().splitlines()[0][:140] if str(detail).strip() else ""
    return ": ".join(part for part in (str(failure.get("cause", "")), first) if part)


def _quoted(words: str) -> str:
    return f" [{DIM}]“{escape(words)}”[/{DIM}]" if words else ""


def comment_lines(body: str, limit: int = 40) -> list[str]:
    """The visible lines of a comment, at most `limit`; hidden markers are left out."""
    lines = [line.rstrip() for line in body.splitlines() if not line.startswith("<!--")]
    shown = [line for index, line in enumerate(lines) if line or (index and lines[index - 1])]
    return shown if len(shown) <= limit else [*shown[:limit], f"… {len(shown) - limit} more lines"]
