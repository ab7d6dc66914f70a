"""Every answer of the stand-in against GitHub's own OpenAPI (npm `@octokit/openapi`, named by OTTO_OPENAPI)."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
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
        if media is None or "json" not in response.headers.get("content-type", ""):
            return None
        where = f"urn:github{pointer}/content/application~1json/schema"
        validator = Draft202012Validator({"$ref": where}, registry=self.registry)
        errors = [best_match([error]) for error in validator.iter_errors(response.json())]
        texts = [f"{template} {error.json_path}: {error.message[-300:]}" for error in errors if error]
        return [text for text in texts if not IMPOSSIBLE.match(text)]

    @staticmethod
    def _escape(path: str | None) -> str:
        return (path or "").replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


@pytest.fixture(scope="session")
def spec() -> Spec:
    folder = os.environ.get("OTTO_OPENAPI")
    if not folder or not (Path(folder) / FILE).is_file():
        pytest.skip("set OTTO_OPENAPI to the folder of npm package @octokit/openapi to check against GitHub's schemas")
    return Spec(Path(folder) / FILE)


@pytest.fixture(scope="session")
def seen() -> set[str]:
    return set()


@pytest.fixture(scope="session")
def response_check(spec: Spec, seen: set[str]) -> Callable[[httpx.Response], None]:
    def check(response: httpx.Response) -> None:
        found = spec.problems(response)
        if found is not None:
            seen.add(f"{response.request.method} {response.status_code}")
            assert not found, "\n".join(found[:8])

    return check


def test_answers_fit_githubs_schemas(github: Any, seen: set[str], tmp_path: Path) -> None:
    token = github.token(issues="write", contents="write", pull_requests="write", checks="write", statuses="read")
    call = github.as_bot(token)
    github.do(label="otto")
    github.do(comment="hello", **{"as": "dev"})
    sha = github.push_branch(tmp_path, token, "work", {"a.txt": "1\n", "pkg/a.py": "A = 2\n"})
    pull = call("POST", "~/pulls", json={"title": "W", "head": "work", "base": "main", "draft": True}).json()
    github.do(
        review={"state": "request_changes", "body": "no", "comments": [{"path": "a.txt", "line": 1, "body": "?"}]}
    )
    github.do(status={"branch": "work", "context": "other", "state": "success"})
    note = {"path": "a.txt", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "m"}
    output = {"title": "T", "summary": "S", "annotations": [note]}
    check = call("POST", "~/check-runs", json={"name": "Otto", "head_sha": sha, "output": output}).json()["id"]
    call("PATCH", f"~/check-runs/{check}", json={"conclusion": "neutral"})
    comment = call("POST", "~/issues/1/comments", json={"body": "x"}).json()["id"]
    call("POST", f"~/issues/comments/{comment}/reactions", json={"content": "eyes"})
    call("POST", "~/issues/1/reactions", json={"content": "eyes"})
    call("POST", "~/labels", json={"name": "new", "color": "ededed"})
    call("POST", "~/issues/1/labels", json={"labels": ["new"]})
    call("PATCH", "~/pulls/2", json={"title": "W2"})
    call("PATCH", "~/issues/1", json={"body": "B"})
    call("POST", "~/pulls/2/requested_reviewers", json={"reviewers": ["dev"]})
    tree = call("GET", f"~/git/commits/{sha}").json()["tree"]["sha"]
    call("POST", "~/git/trees", json={"base_tree": tree, "tree": [
        {"path": "n", "mode": "100644", "type": "blob", "content": "n"}]})  # fmt: skip
    call("POST", "~/git/commits", json={"message": "m", "tree": tree, "parents": [sha]})
    call("POST", "~/git/refs", json={"ref": "refs/heads/other", "sha": sha})
    call("PATCH", "~/git/refs/heads/other", json={"sha": sha})
    call("POST", "~/git/blobs", json={"content": "x"})
    for path in (
        "~", "/repositories/700001", "~/collaborators/dev/permission", "/users/dev", "/rate_limit",
        "~/contents/README.md",
        "~/contents/pkg", "~/git/ref/heads/main", f"~/git/trees/{tree}?recursive=1", "~/branches", "~/branches/main",
        "~/commits", f"~/commits/{sha}", "~/compare/main...work", "~/issues?state=all", "~/issues/1", "~/issues/2",
        "~/issues/1/events", "~/issues/1/comments", f"~/issues/comments/{comment}", "~/issues/1/labels", "~/labels",
        f"~/issues/comments/{comment}/reactions", "~/pulls", "~/pulls/2", "~/pulls/2/files", "~/pulls/2/reviews",
        "~/pulls/2/comments", "~/pulls/2/commits", "~/pulls/2/requested_reviewers", f"~/commits/{sha}/check-runs",
        f"~/commits/{sha}/check-suites", f"~/check-runs/{check}", f"~/check-runs/{check}/annotations",
        f"~/commits/{sha}/statuses", f"~/commits/{sha}/status", "~/rules/branches/main", "/installation/repositories",
        "~/issues/99", "~/git/matching-refs/heads/",
    ):  # fmt: skip
        call("GET", path)
    for path in ("/app", "/app/installations", "/app/installations/800001", "/repos/octo/demo/installation"):
        github.app("GET", path)
    assert pull["draft"] is True
    assert {"GET 200", "POST 201", "PATCH 200", "GET 404"} <= seen


def test_deliveries_fit_githubs_schemas(github: Any, hooks: Any, spec: Spec) -> None:
    github.do(comment="hello")
    github.client.post("/_playground/settle")
    rows = github.app("GET", "/app/hook/deliveries").json()
    assert github.app("GET", f"/app/hook/deliveries/{rows[0]['id']}").status_code == 200
    assert github.app("POST", f"/app/hook/deliveries/{rows[0]['id']}/attempts").status_code == 202
