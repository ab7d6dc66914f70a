"""`otto-bot demo --github-only`: an empty GitHub and a scripted model, without Otto, to try `otto-bot setup` on."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from otto_bot.playground.demo.harness import PASSWORD, Playground
from otto_bot.playground.demo.processes import ends
from otto_bot.playground.scenario import Scenario

SCENARIO = "single-task"
SAID = """\
A stand-in for GitHub is up until Ctrl-C: organisation {owner}, repository {owner}/{repo}, one issue, and no App.

In another terminal, in an empty folder:

  export ANTHROPIC_BASE_URL={model} ANTHROPIC_API_KEY=sk-playground OTTO_CAGE=scripted
  otto-bot setup --github {github} --organization {owner}
  otto-bot serve

Then put the label `otto` on the issue (its page has a button): {github}/{owner}/{repo}/issues/1

To clone it and push, as its maintainer: git clone {clone}"""


async def stay(scenario: Scenario, root: Path, cage: str, port: int, say: Callable[[str], None]) -> None:
    """Until Ctrl-C, SIGTERM or a closed terminal. Raises StartError."""
    play = Playground(scenario, root, cage=cage, registered=False, github_port=port)
    over, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, *ends()):
        loop.add_signal_handler(number, over.set)
    try:
        await asyncio.gather(play.start_github(), play.start_model())
        assert play.github is not None
        assert play.model is not None
        config = json.loads((root / "github.json").read_text(encoding="utf-8"))
        names = {"owner": config["owner"], "repo": config["repo"], "github": play.github.url, "model": play.model.url}
        clone = f"{play.github.url}/{names['owner']}/{names['repo']}.git"
        clone = clone.replace("://", f"://{config['maintainer']}:{PASSWORD}@")
        say(SAID.format(**names, clone=clone))
        sys.stdout.write(json.dumps({"ready": True, **names}) + "\n")
        sys.stdout.flush()
        await over.wait()
    finally:
        await play.stop()
