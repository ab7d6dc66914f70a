"""Spans: nothing where no collector is set; else known attributes only, and one trace for a run in every process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import pytest
from otlp import Collector, attributes

from otto_bot.observe import spans

CANARY = "canary-Zx81-words-of-somebody"
ROOT = Path(__file__).resolve().parents[1]
PROGRAM = """
import asyncio, os, sys
from datetime import UTC, datetime

from pathlib import Path
from otto_bot.core.redact import Redactor
from otto_bot.git.runner import GitRunner
from otto_bot.github.answer import Answer
from otto_bot.github.routes import route
from otto_bot.github.watching import Watched
from otto_bot.model.calls import ModelCall
from otto_bot.model.client import ModelClient
from otto_bot.observe import spans

SAID = "canary-Zx81-words-of-somebody"
spans.start(os.environ, "otto-worker", "1.2.3", 42, Redactor(["secret-value-0815"]).text)
assert spans.on()

async def github(credential, method, where, **_):
    return Answer(204, {}, b"")

async def main(folder, url):
    watched = Watched(github, 5, None, lambda: datetime.now(UTC), lambda: 0.0)
    client = ModelClient("sk-secret", url + "/gateway-" + SAID, 10.0)
    with spans.span_of_run("effect", 7, effect="run/7/code/t1/a1/secret-value-0815", task="t1"):
        await watched("app", "GET", route("/repos/{owner}/{repo}", "acme", SAID))
        await GitRunner(folder).run(["-c", "x.y=" + SAID, "rev-parse", "--git-dir"], ok=(0, 128))
        call = ModelCall(role="coder", run="7", model="m", system=SAID, messages=[{"role": "user", "content": SAID}],
                         max_tokens=9)
        await client.ask(call)
        try:
            with spans.span("cage"):
                raise ValueError(SAID)
        except ValueError:
            pass
    with spans.span_of_delivery("delivery", "guid-1"):
        spans.leads_to(7)
    spans.run_is_over(7, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC), outcome="done")
    await client.aclose()

asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
spans.stop()
print("anthropic" in sys.modules)
"""


def test_without_a_collector_nothing_of_opentelemetry_is_imported() -> None:
    """Not even where the SDK is installed, nor by rooms that make spans."""
    code = (
        "import os, sys\n"
        "from otto_bot.observe import spans\n"
        "import otto_bot.git.runner, otto_bot.sandbox.cage, otto_bot.github.watching, otto_bot.store.telling\n"
        "spans.start({'OTEL_SDK_DISABLED': 'true', 'OTEL_EXPORTER_OTLP_ENDPOINT': 'http://x'}, 's', '1', 1, str)\n"
        "spans.start({'OTEL_EXPORTER_OTLP_ENDPOINT': ' '}, 's', '1', 1, str)\n"
        "with spans.span_of_run('effect', 7, task='t1') as seen: seen.put(result='done')\n"
        "print(spans.on(), [name for name in sys.modules if name.startswith('opentelemetry')])\n"
        "import otto_bot.app\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.splitlines() == ["False []", "[]"]


def test_a_span_that_is_off_costs_less_than_a_microsecond() -> None:
    """One of many tries: the machine may be busy."""
    assert not spans.on()

    def once() -> float:
        began = perf_counter()
        for _ in range(1000):
            with spans.span("git", git="fetch"):
                pass
        return (perf_counter() - began) / 1000

    assert min(once() for _ in range(20)) < 1e-6 * 2


class Model:
    """Answers as the Messages API does, whatever is asked."""

    BODY = json.dumps(
        {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
            "content": [{"type": "text", "text": CANARY}], "usage": {"input_tokens": 3, "output_tokens": 2},
        }
    ).encode()  # fmt: skip


@pytest.mark.slow
def test_spans_of_every_kind_tell_nothing_but_known_attributes(tmp_path: Path) -> None:
    """A run is one trace under its whole span; the delivery that moved it has a link to it."""
    pytest.importorskip("opentelemetry.sdk", reason="the extra `otel` is not installed")
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert "traceparent" not in self.headers
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(Model.BODY)))
            self.end_headers()
            self.wfile.write(Model.BODY)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, daemon=True).start()
    with Collector() as collector:
        env = {
            **os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "PYTHONPATH": str(ROOT),
            "ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE": "content",
        }  # fmt: skip
        argv = [sys.executable, "-c", PROGRAM, str(tmp_path), f"http://127.0.0.1:{server.server_port}"]
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stderr
    server.shutdown()
    server.server_close()
    found = {span.name: span for _, span in collector.spans()}

    assert set(found) == {"run", "effect", "github", "git", "cage", "delivery", "anthropic.messages.create"}
    run = found["run"]
    assert {name: span.trace_id == run.trace_id for name, span in found.items() if name != "delivery"} == dict.fromkeys(
        set(found) - {"delivery"}, True
    )
    assert found["effect"].parent_span_id == run.span_id
    assert found["git"].parent_span_id == found["effect"].span_id
    assert [link.trace_id for link in found["delivery"].links] == [run.trace_id]
    assert attributes(found["github"]) == {
        "http.request.method": "GET", "url.template": "/repos/{owner}/{repo}", "otto.installation.id": 5,
        "http.response.status_code": 204,
    }  # fmt: skip
    assert attributes(found["git"])["otto.git.command"] == "rev-parse"
    assert attributes(found["effect"])["otto.effect.key"] == "run/7/code/t1/a1/[redacted]"
    assert attributes(found["cage"]) == {"error.type": "ValueError"}
    assert attributes(found["anthropic.messages.create"])["gen_ai.usage.output_tokens"] == 2
    sent = b"".join(collector.bodies)
    for value in (CANARY, "secret-value-0815", "sk-secret", str(tmp_path)):
        assert value.encode() not in sent


def test_ids_of_a_run_are_the_same_in_every_process() -> None:
    """They follow from what the run is called, and differ where it differs."""
    pytest.importorskip("opentelemetry.sdk", reason="the extra `otel` is not installed")
    from otto_bot.observe.tracing import ids

    assert ids("otto/42/run/7") == ids("otto/42/run/7")
    assert len({ids(f"otto/42/run/{n}")[0] for n in range(100)} | {ids("otto/43/run/7")[0]}) == 101
