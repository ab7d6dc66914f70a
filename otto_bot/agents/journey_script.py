"""Journeys written as commands: one structured call, held against what each step needs, for where Actions runs them."""

from __future__ import annotations

from otto_bot.agents.fence import fence, rule
from otto_bot.agents.journeys import TITLE_CHARS, WalkRequest, journeys_words, setup_words
from otto_bot.agents.packing import bullets, clip
from otto_bot.agents.structured import Asked, Asks, Keep, ask_checked, keep_nothing
from otto_bot.agents.surroundings import house_rules_parts
from otto_bot.core.journey_script import INPUT_CHARS, STEP_SECONDS, Script, script_problems
from otto_bot.model.calls import ModelCall

PATHS_CHARS = 20_000
FILES_CHARS = 40_000
_MAX_TOKENS = 24_000

_SYSTEM = f"""\
You are the tester of Otto. A product was built for one GitHub issue. GitHub Actions will walk its user journeys on a \
fresh checkout on Ubuntu, and you cannot look at the result before: you write for each step one bash command that does \
what the step says as a user would, and ends with 0 exactly where the user then sees what the step says.

- `setup`: what must be installed once, before the first step; nothing else. It may use the network.
- Each step's command is a bash script of its own, in the root of the checkout, at most {STEP_SECONDS} seconds: start \
a server in the background, wait until it answers (bounded), ask it, stop it, all in one. Files stay for later steps, \
processes do not.
- Use the surface a user has: command line, HTTP, files, or the public calls of a library that has no other.
- Print what the user sees, then check it: `grep -q`, `test`, `curl -f`, a comparison. Never hide an exit code \
(`|| true`), never end on a command that cannot fail.
- Do not run the repository's own tests, change none of its files, add no step, leave out none."""


async def write_script(
    model: Asks, request: WalkRequest, paths: tuple[str, ...], key_files: tuple[tuple[str, str], ...],
    keep: Keep = keep_nothing,
) -> Asked[Script]:  # fmt: skip
    """One call, at most one repair. `key_files` are (path, text). Raises ModelError."""
    call = ModelCall(
        role="journeys",
        run=request.run,
        attempt=request.tries,
        gate=request.round,
        model=request.model,
        system=f"{_SYSTEM}\n\n{rule(request.nonce)}",
        messages=[{"role": "user", "content": script_prompt(request, paths, key_files)}],
        max_tokens=_MAX_TOKENS,
        timeout=300.0,
        schema=Script,
    )
    return await ask_checked(
        model, call, Script, request.nonce, lambda script: script_problems(request.journeys, script), keep
    )


def script_prompt(request: WalkRequest, paths: tuple[str, ...], key_files: tuple[tuple[str, str], ...]) -> str:
    """Product, files and journeys; what is too long is cut."""
    nonce = request.nonce
    each = FILES_CHARS // max(1, len(key_files))
    parts = [
        f"# Round {request.round} of the journeys, on commit {request.head[:12]}",
        fence("issue title", clip(request.title, TITLE_CHARS), nonce),
        fence("what was built", request.plan.summary, nonce),
        setup_words(request.projects, nonce),
        *house_rules_parts(request.house_rules, nonce),
        fence("files", bullets(paths, PATHS_CHARS), nonce),
        *(fence(path, clip(text, each), nonce) for path, text in key_files),
        fence("journeys", journeys_words(request.journeys), nonce),
        f"At most {INPUT_CHARS} characters in all.",
    ]
    return "\n\n".join(part for part in parts if part)
