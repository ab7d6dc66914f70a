"""Many scripts in one process: each below a path of its own, `/NAME/v1/…` or `/NAME@ACCURACY,SEED/v1/…`."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import Response

from otto_bot.playground.model_reply import Draw
from otto_bot.playground.model_server import Clock, ScriptedModel, failed
from otto_bot.playground.scenario import FILE_NAME, Scenario, load
from otto_bot.playground.scenario_file import ScenarioError

KEPT = 20
"""Calls whose requests are remembered, for each path."""
_PATH = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:@(?P<accuracy>[0-9.]+),(?P<seed>[0-9]{1,9}))?")


class Scripts:
    """Loads each script when it is first asked; every path has a model, and a log, of its own."""

    def __init__(self, root: Path, clock: Clock) -> None:
        self._root = root
        self._clock = clock
        self._scenarios: dict[str, Scenario] = {}
        self._models: dict[str, ScriptedModel] = {}

    def model(self, path: str) -> ScriptedModel:
        """The model behind the first part of a path. Raises ScenarioError."""
        if path not in self._models:
            match = _PATH.fullmatch(path)
            if match is None:
                raise ScenarioError([f"{path}: is no script; give NAME or NAME@ACCURACY,SEED"])
            name, accuracy, seed = match.group("name"), match.group("accuracy"), match.group("seed")
            draw = Draw(name, float(accuracy) if accuracy else None, int(seed) if seed else None)
            self._models[path] = ScriptedModel(self._scenario(name), self._clock, draw, KEPT)
        return self._models[path]

    def _scenario(self, name: str) -> Scenario:
        if name not in self._scenarios:
            if not (self._root / name / FILE_NAME).is_file():
                raise ScenarioError([f"{name}: there is no such script in {self._root}"])
            self._scenarios[name] = load(self._root / name, script_only=True)
        return self._scenarios[name]

    async def messages(self, path: str, request: Request) -> Response:
        """`POST /PATH/v1/messages`."""
        try:
            model = self.model(path)
        except ScenarioError as error:
            return failed(404, str(error))
        return await model.messages(request)

    async def list_calls(self, path: str) -> Response:
        """`GET /PATH/_playground/calls`."""
        try:
            model = self.model(path)
        except ScenarioError as error:
            return failed(404, str(error))
        return await model.list_calls()


def add_scripts(app: FastAPI, root: Path, clock: Clock) -> FastAPI:
    """Serve every script below `root`."""
    scripts = Scripts(root, clock)
    app.add_api_route("/{path}/v1/messages", scripts.messages, methods=["POST"])
    app.add_api_route("/{path}/_playground/calls", scripts.list_calls, methods=["GET"])
    return app
