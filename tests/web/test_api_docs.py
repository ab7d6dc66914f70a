"""docs/api.md and the description that the API serves say the same: addresses, parameters, fields and refusals."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "api.md").read_text("utf-8")
SECTION = re.compile(r"^### (GET|POST) (/api/\S+)\n(.*?)(?=^###? |\Z)", re.MULTILINE | re.DOTALL)


@pytest.fixture
async def described(host: Any) -> Any:
    """The description as it is served."""
    answer = await host.http.get("/api/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def resolved(described: Any, schema: Any) -> Any:
    name = schema["$ref"].rpartition("/")[2]
    return described["components"]["schemas"][name]


async def test_every_address_is_documented_with_its_parameters_fields_and_an_example(described: Any) -> None:
    documented = {(method.lower(), path): body for method, path, body in SECTION.findall(DOCS)}
    served = {(method, path) for path, methods in described["paths"].items() for method in methods}

    assert set(documented) == served
    for (method, path), body in documented.items():
        told = described["paths"][path][method]
        assert "curl -s" in body, path
        assert re.sub(r"\{\w+\}", "", path).split("//")[0].rstrip("/") in body, path
        named = re.findall(r"^\| `(\w+)` \|", body, re.MULTILINE)
        assert sorted(named) == sorted(one["name"] for one in told.get("parameters", ())), path
        fields = re.findall(r"`(\w+)`", body.rpartition("Fields:")[2].partition(".")[0])
        answer = resolved(described, told["responses"]["200"]["content"]["application/json"]["schema"])
        assert fields == list(answer["properties"]), path


async def test_every_field_that_needs_words_has_some_and_every_shape_says_what_it_is(described: Any) -> None:
    schemas = described["components"]["schemas"]

    assert not [name for name, schema in schemas.items() if not schema.get("description")]
    assert described["info"]["title"] == "Otto"
    assert described["info"]["version"] == "0.1.0"
    assert all(one["operationId"] for methods in described["paths"].values() for one in methods.values())


async def test_every_answer_that_is_a_refusal_has_the_one_form(described: Any) -> None:
    for path, methods in described["paths"].items():
        for told in methods.values():
            refused = {status: one for status, one in told["responses"].items() if status >= "400"}
            assert {"401", "403", "422", "503"} <= set(refused), path
            for one in refused.values():
                assert one["content"]["application/json"]["schema"]["$ref"].endswith("/Refusal"), path


def test_every_code_of_a_refusal_is_documented() -> None:
    table = DOCS.partition("<!-- refusals")[2].partition("<!-- end of refusals")[0]
    documented = set(re.findall(r"^\| (\d+) \| `(\w+)` \|", table, re.MULTILINE))
    raised: set[tuple[str, str]] = set()
    for file in (ROOT / "otto_bot" / "web" / "api").glob("*.py"):
        raised |= set(re.findall(r'Refused\(\s*(\d+), "(\w+)"', file.read_text("utf-8")))

    assert documented == raised
