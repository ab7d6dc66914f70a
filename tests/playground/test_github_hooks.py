"""The stand-in's webhooks and its faults: signed, logged, redelivered; lost, doubled, late, out of order."""

import hashlib
import hmac
import json
import time
from typing import Any

import httpx
import pytest

from otto_bot.playground.github.config import ConfigError, StandInConfig, load_config
from otto_bot.playground.github.webhooks import sign

SECRET = "It's a Secret to Everybody"


def test_signature_is_githubs_own_example() -> None:
    wanted = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert sign(SECRET, b"Hello, World!") == wanted


def settle(github: Any) -> None:
    github.client.post("/_playground/settle")


def test_deliveries_are_signed_and_only_what_is_subscribed(github: Any, hooks: Any) -> None:
    github.do(label="otto")
    github.do(comment="hello")
    settle(github)
    assert hooks.events() == [("issues", "labeled"), ("issue_comment", "created")]
    head, body = hooks.got[0]
    mac = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert head["x-hub-signature-256"] == f"sha256={mac}"
    payload = json.loads(body)
    assert (payload["label"]["name"], payload["sender"]["login"]) == ("otto", "maintainer")
    assert payload["installation"]["id"] == 800001
    assert payload["issue"]["labels"][0]["name"] == "otto"


def test_failed_delivery_is_listed_and_redelivered_under_its_guid(github: Any, hooks: Any) -> None:
    hooks.status = 503
    github.do(comment="hello")
    settle(github)
    failed = github.app("GET", "/app/hook/deliveries?status=failure").json()
    assert [(row["event"], row["status_code"]) for row in failed] == [("issue_comment", 503)]
    assert len(hooks.got) == 1
    hooks.status = 202
    assert github.app("POST", f"/app/hook/deliveries/{failed[0]['id']}/attempts").status_code == 202
    settle(github)
    assert hooks.got[0][0]["x-github-delivery"] == hooks.got[1][0]["x-github-delivery"]
    assert hooks.got[0][1] == hooks.got[1][1]
    rows = github.app("GET", "/app/hook/deliveries?per_page=1")
    assert rows.json()[0]["redelivery"] is True
    older = github.app("GET", rows.links["next"]["url"].removeprefix(github.url)).json()
    assert [row["redelivery"] for row in older] == [False]
    full = github.app("GET", f"/app/hook/deliveries/{failed[0]['id']}").json()
    assert full["request"]["payload"]["comment"]["body"] == "hello"


def test_receiver_that_is_down(github: Any, hooks: Any) -> None:
    github.client.post("/_playground/webhook_url", json={"url": "http://127.0.0.1:1/hook"})
    github.do(comment="hello")
    settle(github)
    assert github.state()["deliveries"][0]["status_code"] == 502


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("drop", ["b"]), ("duplicate", ["a", "a", "b"]), ("reorder", ["b", "a"]), ("delay_ms", ["a", "b"])],
)
def test_delivery_faults(github: Any, hooks: Any, kind: str, wanted: list[str]) -> None:
    fault = {"event": "issue_comment", "action": "created", "kind": kind, "delay_ms": 30}
    assert github.client.post("/_playground/faults", json=[fault]).status_code == 200
    github.do(comment="a")
    github.do(comment="b")
    settle(github)
    assert [json.loads(body)["comment"]["body"] for _, body in hooks.got] == wanted


def fault(github: Any, kind: str, **more: Any) -> None:
    match = {"method": "POST", "path": "/issues/1/comments$"}
    answer = github.client.post("/_playground/faults", json=[{"kind": kind, "match": match, **more}])
    assert answer.status_code == 200, answer.text


def test_lost_response_really_wrote(github: Any) -> None:
    call = github.as_bot()
    fault(github, "lost_response")
    with pytest.raises(httpx.RemoteProtocolError):
        call("POST", "~/issues/1/comments", json={"body": "one"})
    assert [row["body"] for row in call("GET", "~/issues/1/comments").json()] == ["one"]
    lost = [row for row in github.state()["requests"] if row.get("fault") == "lost_response"]
    assert [row["status"] for row in lost] == [201]
    assert call("POST", "~/issues/1/comments", json={"body": "two"}).status_code == 201


def test_an_answer_of_502_may_come_after_the_write(github: Any) -> None:
    call = github.as_bot()
    match = {"writes": True, "nth": 2, "every": 2, "count": 2}
    github.client.post("/_playground/faults", json=[{"kind": "status_after", "match": match}])
    statuses = [call("POST", "~/issues/1/comments", json={"body": str(n)}).status_code for n in range(1, 6)]
    assert call("GET", "~/issues/1").status_code == 200
    assert statuses == [201, 502, 201, 502, 201]
    assert [row["body"] for row in github.state()["comments"]] == ["1", "2", "3", "4", "5"]
    assert call("POST", "~/issues/1/comments", json={"body": "6"}).status_code == 201


def test_lost_response_of_a_push_really_pushed(github: Any, tmp_path: Any) -> None:
    token = github.token()
    github.clone(tmp_path, token)
    match = {"method": "POST", "path": "git-receive-pack$"}
    github.client.post("/_playground/faults", json=[{"kind": "lost_response", "match": match}])
    with pytest.raises(AssertionError):
        github.push_branch(tmp_path, token, "work", {"a": "1"})
    state = github.state()
    assert "work" in state["branches"]
    assert [row["fault"] for row in state["requests"] if "refs" in row] == ["lost_response"]


def test_refusing_faults_write_nothing(github: Any) -> None:
    call = github.as_bot()
    for kind, status in (("secondary_limit", 403), ("primary_limit", 403), ("status", 502)):
        fault(github, kind, retry_after=7)
        answer = call("POST", "~/issues/1/comments", json={"body": "x"})
        assert answer.status_code == status
        if kind == "secondary_limit":
            assert answer.headers["retry-after"] == "7"
            assert "secondary rate limit" in answer.json()["message"]
        if kind == "primary_limit":
            assert answer.headers["x-ratelimit-remaining"] == "0"
            assert int(answer.headers["x-ratelimit-reset"]) > time.time()
    assert github.state()["comments"] == []


def test_token_expired_fault_ends_that_token_only(github: Any) -> None:
    token = github.token()
    fault(github, "token_expired")
    assert github.as_bot(token)("POST", "~/issues/1/comments", json={"body": "x"}).status_code == 401
    assert github.as_bot(token)("GET", "~/issues").status_code == 401
    assert github.as_bot()("POST", "~/issues/1/comments", json={"body": "x"}).status_code == 201


def test_fault_hits_the_nth_match(github: Any) -> None:
    call = github.as_bot()
    fault_row = {"kind": "status", "status": 500, "match": {"path": "/labels$", "nth": 2, "count": 2}}
    github.client.post("/_playground/faults", json=[fault_row])
    assert [call("GET", "~/labels").status_code for _ in range(4)] == [200, 500, 500, 200]


def test_config_errors_name_the_field(tmp_path: Any) -> None:
    path = tmp_path / "c.json"
    path.write_text(
        json.dumps({"state_dir": "s", "app": {"webhook_secret": "x"}, "ownr": "y", "faults": [{"kind": "drop"}]})
    )
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    text = str(caught.value)
    assert "ownr" in text
    assert "faults.0" in text
    assert "private_key_pem" in text
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "none.json")
    with pytest.raises(ValueError, match="exactly one"):
        StandInConfig.model_validate({
            "state_dir": "s", "app": {"webhook_secret": "x", "public_key_pem": "p"},
            "people": [{"on": {}, "do": {"comment": "x"}}],
        })  # fmt: skip
