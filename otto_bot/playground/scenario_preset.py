"""A preset: a small file that says how a repository differs from a base scenario, and how the run ends there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator

from otto_bot.playground.scenario_expect import Part
from otto_bot.playground.scenario_file import Place, ScenarioError, YamlFile, reasons

LAID_OVER = ("issue", "github", "expect")
"""Merged key by key, null takes a key of the base away; all else is replaced, but the script: its rules come first."""
WHOLE = ("people", "faults", "time_limit", "needs")


class Preset(Part):
    """What stands in the file besides parts of a scenario; those are checked once they are laid over the base."""

    description: Annotated[str, Field(min_length=1)]
    base: Literal["one", "two"] = "one"
    files: dict[str, str | None] = {}
    """Laid over the files of the base's default branch; null takes one away."""
    issue: dict[str, Any] = {}
    github: dict[str, Any] = {}
    expect: dict[str, Any] = {}
    script: list[Any] = []
    people: list[Any] = []
    faults: list[Any] = []
    needs: list[Any] = []
    time_limit: float | None = None

    @field_validator("files")
    @classmethod
    def _within(cls, files: dict[str, str | None]) -> dict[str, str | None]:
        for name in files:
            path = PurePosixPath(name)
            if path.is_absolute() or {"..", ".git"} & set(path.parts) or not path.parts:
                raise ValueError(f"{name!r} is no file within the repository")
        return files


class PresetFile:
    """A preset laid over its base: one scenario's data, of which every place knows in which file it stands."""

    def __init__(self, path: Path, bases: Path) -> None:
        """Raises ScenarioError with all that is wrong in the preset itself."""
        self._own = YamlFile(path)
        if not isinstance(self._own.data, dict):
            raise ScenarioError([self._own.problem((), "must be a mapping with description, files, github, expect")])
        try:
            self.preset = Preset.model_validate(self._own.data)
        except ValidationError as error:
            raise ScenarioError(self._own.problems(error)) from None
        self._base = YamlFile(bases / f"{self.preset.base}.yml")
        self.data: Any = _merged(self._base.data, self._own.data, self.preset)

    def problem(self, place: Place, reason: str) -> str:
        """One error line, in the file where the place stands."""
        own = len(self.preset.script)
        if place[:1] == ("script",) and len(place) > 1 and isinstance(place[1], int) and place[1] >= own:
            return self._base.problem(("script", place[1] - own, *place[2:]), reason)
        return (self._own if _has(self._own.data, place) else self._base).problem(place, reason)

    def problems(self, error: ValidationError, under: Place = ()) -> list[str]:
        """Every reason of a failed validation of the data at `under`."""
        return [self.problem(place, reason) for place, reason in reasons(error, under)]


def _has(data: Any, place: Place) -> bool:
    """Whether this place stands in the data; what is deeper than two levels is where its parent is."""
    inner = data.get(place[0]) if isinstance(data, dict) and place else None
    return inner is not None and (len(place) == 1 or not isinstance(inner, dict) or place[1] in inner)


def laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Both as one: what `over` says counts, key by key; a list counts whole."""
    made = dict(under)
    for key, value in over.items():
        below = made.get(key)
        made[key] = laid_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return made


def _merged(base: Any, own: Mapping[str, Any], preset: Preset) -> dict[str, Any]:
    data = dict(base) if isinstance(base, dict) else {}
    data["description"] = preset.description
    for key in LAID_OVER:
        if key in own:
            both = laid_over(data.get(key) or {}, own[key])
            data[key] = {name: value for name, value in both.items() if value is not None}
    for key in WHOLE:
        if key in own:
            data[key] = own[key]
    if preset.script:
        data["script"] = [*preset.script, *data.get("script", [])]
    return data
