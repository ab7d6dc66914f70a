"""Write the workflow file that act is given for one leg: the job as it is, and stand-ins for the jobs it needs.

act would run needed jobs again and has no way to be told their outputs. So each becomes a job that only has that
result and those outputs; a last job writes the leg's own outputs to a file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from otto_bot.playground.actions.legs import Leg
from otto_bot.playground.actions.workflow import WorkflowFile, needs_of

LABEL = "playground"
_OUTPUTS_JOB = "playground-outputs"
_OWN_DEFAULTS = {"shell": "bash", "working-directory": "."}
_OURS = ("needs", "if", "strategy", "concurrency", "environment", "continue-on-error", "timeout-minutes", "name")


@dataclass(frozen=True, slots=True)
class NeedResult:
    """How a needed job ended."""

    result: str
    outputs: Mapping[str, str] = field(default_factory=dict)


def rewritten(
    workflow: WorkflowFile, leg: Leg, event: str, needs: Mapping[str, NeedResult], outputs_file: Path
) -> bytes:
    """The file's content: JSON, which is YAML."""
    source = workflow.jobs[leg.key]
    job: dict[str, Any] = {key: value for key, value in source.items() if key not in _OURS}
    job["runs-on"], job["if"] = LABEL, "always()"
    if isinstance(job.get("steps"), list):
        shell = _default_shell(source) or _default_shell(workflow.document)
        job["steps"] = [_heard(step, shell) for step in job["steps"]]
    if needs_of(source):
        job["needs"] = list(needs_of(source))
    if leg.matrix:
        job["strategy"] = {"matrix": {"include": [dict(leg.matrix)]}}
    jobs: dict[str, Any] = {key: _stand_in(needs[key]) for key in needs_of(source)}
    jobs[leg.key] = job
    if source.get("outputs"):
        jobs[_OUTPUTS_JOB] = _outputs_job(leg.key, outputs_file)
    kept: dict[str, Any] = {key: workflow.document[key] for key in ("env", "defaults") if key in workflow.document}
    document: dict[str, Any] = {"name": workflow.name, "on": {event: workflow.on.get(event)}, **kept, "jobs": jobs}
    return json.dumps(document, ensure_ascii=False).encode()


def _default_shell(holder: Mapping[str, Any]) -> Any:
    """`defaults.run.shell` of a workflow or job, whatever shape the file has."""
    defaults = holder.get("defaults")
    run = defaults.get("run") if isinstance(defaults, Mapping) else None
    return run.get("shell") if isinstance(run, Mapping) else None


def _heard(step: Any, default: Any) -> Any:
    """The step with a moment between its last words and its end: act can lose what a terminal said just before."""
    if not isinstance(step, dict) or not isinstance(step.get("run"), str):
        return step
    if step.get("shell", default) not in (None, "bash", "sh"):
        return step
    return {**step, "run": f"trap 'sleep 0.1' EXIT; {step['run']}"}


def _stand_in(need: NeedResult) -> dict[str, Any]:
    # Without a step act would not evaluate the outputs.
    script = ":" if need.result == "success" else "exit 1"
    job: dict[str, Any] = {
        "runs-on": LABEL,
        "steps": [{"run": script}],
        "defaults": {"run": {"working-directory": "."}},
    }
    if need.result == "skipped":
        job["if"] = "false"
    if need.outputs:
        job["outputs"] = {name: _literal(value) for name, value in need.outputs.items()}
    return job


def _literal(value: str) -> str:
    """A text as an expression, so that nothing inside it is read as one."""
    escaped = json.dumps(value).replace("{", "\\u007b").replace("}", "\\u007d").replace("'", "\\u0027")
    return "${{ fromJSON('" + escaped + "') }}"


def _outputs_job(key: str, outputs_file: Path) -> dict[str, Any]:
    step: dict[str, Any] = {
        **_OWN_DEFAULTS,
        "run": 'printf "%s" "$PLAYGROUND_OUTPUTS" > "$PLAYGROUND_OUTPUTS_FILE"',
        "env": {
            "PLAYGROUND_OUTPUTS": "${{ toJSON(needs['" + key + "'].outputs) }}",
            "PLAYGROUND_OUTPUTS_FILE": str(outputs_file),
        },
    }
    return {"needs": [key], "if": "always()", "runs-on": LABEL, "steps": [step]}
