"""GitHub's own description of its API (npm `@octokit/openapi`), to hold requests, answers and webhooks against."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from jsonschema.validators import extend
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

SLASHES = ("ref", "path", "branch", "basehead", "dir", "name")
"""Parameters whose value may hold a slash."""
JSON = "application/json"
METHODS = ("get", "post", "put", "patch", "delete")
HOST = "urn:github"


def _nullable(keyword: Callable[..., Any]) -> Callable[..., Any]:
    """OpenAPI 3.0's `nullable`: null passes every keyword beside it."""

    def checked(validator: Any, value: Any, instance: Any, schema: Mapping[str, Any]) -> Any:
        if instance is None and schema.get("nullable") is True:
            return ()
        return keyword(validator, value, instance, schema) or ()

    return checked


OpenApiValidator = extend(
    Draft202012Validator, {name: _nullable(check) for name, check in Draft202012Validator.VALIDATORS.items()}
)


class Description:
    """One description. Everything is told as lines `JSON pointer: what does not fit`."""

    def __init__(self, path: Path) -> None:
        self.document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self._registry: Any = Registry().with_resource(
            HOST, Resource(contents=self.document, specification=DRAFT202012)
        )
        self._validators: dict[int, Any] = {}
        """By the identity of a schema, which lives as long as the document."""

    @cached_property
    def _templates(self) -> list[tuple[re.Pattern[str], str]]:
        """The paths, the most exact first."""
        paths = sorted(self.document["paths"], key=lambda path: (path.count("{"), -len(path)))
        return [(re.compile(_pattern(path)), path) for path in paths]

    def template(self, path: str) -> str | None:
        """The path as it is described; None where there is none such."""
        return next((name for pattern, name in self._templates if pattern.fullmatch(path)), None)

    def operation(self, method: str, path: str) -> tuple[str, dict[str, Any]] | None:
        """The template of a path and what is done there."""
        for pattern, name in self._templates:
            if pattern.fullmatch(path) and method.lower() in self.document["paths"][name]:
                return name, self.document["paths"][name][method.lower()]
        return None

    def resolved(self, value: Any) -> Any:
        """What a reference leads to."""
        while isinstance(value, dict) and "$ref" in value:
            target: Any = self.document
            for part in value["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            value = target
        return value

    def parameters(self, template: str, operation: Mapping[str, Any], place: str) -> dict[str, dict[str, Any]]:
        """Parameters of a place (`path`, `query`, `header`) by name."""
        rows = [*self.document["paths"][template].get("parameters", []), *operation.get("parameters", [])]
        found = [self.resolved(row) for row in rows]
        return {row["name"]: row for row in found if row["in"] == place}

    def misfits_of(self, schema: Any, value: Any) -> Iterator[str]:
        """What of a value does not fit a schema of this description."""
        validator = self._validators.get(id(schema))
        if validator is None:
            # Its references lead into the description: it is looked at as a part of it.
            resolver = self._registry.resolver(HOST)
            validator = OpenApiValidator(schema, registry=self._registry, _resolver=resolver)
            self._validators[id(schema)] = validator
        for error in validator.iter_errors(value):
            exact = best_match([error]) or error
            yield f"{_pointer(exact.absolute_path)}: {exact.message[-300:]}"

    def unknown(self, schema: Any, value: Any, where: str = "") -> Iterator[str]:
        """Properties that GitHub does not know. It takes them without a word, and does nothing with them."""
        schema = self.resolved(schema)
        if isinstance(value, list):
            for number, item in enumerate(value):
                yield from self.unknown(schema.get("items", {}), item, f"{where}/{number}")
            return
        if not isinstance(value, dict):
            return
        known, free = self._properties(schema)
        for name, part in value.items():
            if name in known:
                yield from self.unknown(known[name], part, f"{where}/{name}")
            elif not free:
                yield f"{where}/{name}: GitHub knows no such property"

    def _properties(self, schema: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        """Properties that an object may have by any part of its schema, and whether it may have any others."""
        known = dict(schema.get("properties", {}))
        free = "additionalProperties" in schema and schema["additionalProperties"] is not False
        for part in (*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
            more, also = self._properties(self.resolved(part))
            known, free = {**more, **known}, free or also
        return known, free or not known

    def query(self, template: str, operation: Mapping[str, Any], query: str) -> Iterator[str]:
        """What of a query string does not fit."""
        given, described = dict(parse_qsl(query, keep_blank_values=True)), self.parameters(template, operation, "query")
        for name, row in described.items():
            if name not in given:
                if row.get("required"):
                    yield f"/query/{name}: it is required"
                continue
            yield from self._text(f"/query/{name}", self.resolved(row.get("schema", {})), given[name])
        yield from (f"/query/{name}: GitHub knows no such parameter" for name in given if name not in described)

    def in_path(self, template: str, operation: Mapping[str, Any], path: str) -> Iterator[str]:
        """What of the parts of a path does not fit."""
        names = re.findall(r"\{([\w-]+)\}", template)
        match = re.fullmatch(_pattern(template), path)
        assert match is not None
        described = self.parameters(template, operation, "path")
        for name, text in zip(names, match.groups(), strict=True):
            row = described.get(name)
            if row is not None:
                yield from self._text(f"/path/{name}", self.resolved(row.get("schema", {})), unquote(text))

    def _text(self, where: str, schema: Mapping[str, Any], text: str) -> Iterator[str]:
        """A parameter is text: read as its schema wants it, then held against it."""
        value: Any = text
        kinds = [self.resolved(part).get("type") for part in schema.get("oneOf", ())] or [schema.get("type")]
        if "string" not in kinds and "integer" in kinds and text.isdigit():
            value = int(text)
        elif kinds == ["boolean"] and text in ("true", "false"):
            value = text == "true"
        elif kinds == ["array"]:
            value = text.split(",")
        for error in OpenApiValidator(schema, registry=self._registry).iter_errors(value):
            yield f"{where}: {error.message[:200]}"


def _pattern(path: str) -> str:
    parts = re.split(r"\{([\w-]+)\}", path)
    texts = [
        re.escape(part) if i % 2 == 0 else ("(.+)" if part in SLASHES else "([^/]+)") for i, part in enumerate(parts)
    ]
    return "".join(texts)


def _pointer(parts: Any) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)
