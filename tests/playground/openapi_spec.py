"""GitHub's own description of its API (npm `@octokit/openapi`), to hold answers against."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

FILE = "generated/api.github.com.json"
# GitHub describes the account of a listed installation as a user and an enterprise at once: nothing can be both.
IMPOSSIBLE = re.compile(r"^/app/installations \$\[\d+\]\.account: ")
LONG = ("ref", "path", "branch", "name", "basehead")


def modern(schema: Any) -> Any:
    """An OpenAPI 3.0 schema as JSON Schema: `nullable` becomes a type of its own."""
    if isinstance(schema, list):
        return [modern(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    shown = {key: modern(value) for key, value in schema.items() if key not in ("example", "examples", "nullable")}
    if schema.get("nullable") is True:
        return {"anyOf": [shown, {"type": "null"}]}
    return shown


class Spec:
    """GitHub's description of its API."""

    def __init__(self, path: Path) -> None:
        self.checked: set[str] = set()
        self.document = modern(json.loads(path.read_text()))
        resource = Resource(contents=self.document, specification=DRAFT202012)
        self.registry: Any = Registry().with_resource("urn:github", resource)
        self.paths = [(self._pattern(path), path) for path in sorted(self.document["paths"], key=self._rank)]

    @staticmethod
    def _rank(path: str) -> tuple[int, int]:
        return path.count("{"), -len(path)

    @staticmethod
    def _pattern(path: str) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", path)
        texts = [re.escape(part) if i % 2 == 0 else (".+" if part in LONG else "[^/]+") for i, part in enumerate(parts)]
        return re.compile("".join(texts))

    def problems(self, response: httpx.Response) -> list[str] | None:
        """What does not fit; None where GitHub describes no such answer."""
        path = urlsplit(str(response.request.url)).path.removeprefix("/api/v3")
        template = next((name for pattern, name in self.paths if pattern.fullmatch(path)), None)
        operation = self.document["paths"].get(template, {}).get(response.request.method.lower())
        if operation is None:
            return None
        answer = operation["responses"].get(str(response.status_code))
        if answer is None:
            return [f"{template}: GitHub does not answer {response.status_code}"] if response.is_success else None
        pointer = f"#/paths/{self._escape(template)}/{response.request.method.lower()}/responses/{response.status_code}"
        if "$ref" in answer:
            pointer = answer["$ref"]
            answer = self.document["components"]["responses"][pointer.rsplit("/", 1)[-1]]
        media = answer.get("content", {}).get("application/json")
        if media is None or not response.headers.get("content-type", "").startswith("application/json"):
            return None
        where = f"urn:github{pointer}/content/application~1json/schema"
        validator = Draft202012Validator({"$ref": where}, registry=self.registry)
        errors = [best_match([error]) for error in validator.iter_errors(response.json())]
        texts = [f"{template} {error.json_path}: {error.message[-300:]}" for error in errors if error]
        return [text for text in texts if not IMPOSSIBLE.match(text)]

    def check(self, response: httpx.Response) -> None:
        """Fails with what does not fit; an answer GitHub does not describe passes."""
        found = self.problems(response)
        if found is not None:
            self.checked.add(f"{response.request.method} {response.status_code}")
            assert not found, "\n".join(found[:8])

    @staticmethod
    def _escape(path: str | None) -> str:
        return (path or "").replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
