"""What a process of the host says and leaves behind holds no secret, whoever in it says it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from otto_bot.settings import Settings

SECRET = "correct-horse-battery-staple-42"
PROGRAM = """
import logging, os, sys, threading, warnings
from otto_bot.discretion import discreet
logging.basicConfig(level="DEBUG")
redactor = discreet([{secret!r}])
TOKEN = "ghs_" + "A1b2" * 9
{body}
"""


def run(body: str) -> subprocess.CompletedProcess[str]:
    code = PROGRAM.format(secret=SECRET, body=body.replace("SECRET", repr(SECRET)))
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


EVERYTHING = """
log = logging.getLogger("somebody.else")
log.propagate = False
log.addHandler(logging.StreamHandler(sys.stdout))  # after us, with a formatter of its own
log.warning("words " + SECRET)
log.warning("words %s and %s", SECRET, TOKEN)
log.warning("%d wrong arguments", SECRET)
log.warning("in hand: %r", {"Authorization": "Bearer " + SECRET})
log.warning("100%% of %s", "what is plain")
def fails():
    raise RuntimeError("told " + SECRET)
try:
    fails()
except RuntimeError:
    log.exception("failed")
    log.error("where", stack_info=True)
logging.getLogger("httpx").info("GET https://x/?token=" + SECRET)
logging.getLogger("httpcore.http11").debug("headers " + SECRET)
redactor.register("minted-later-0815-value")
log.warning("minted-later-0815-value")
thread = threading.Thread(target=fails, name="by-the-side")
thread.start(); thread.join()
class Falls:
    def __del__(self):
        fails()
Falls()
fails()
"""


def test_no_log_record_and_no_traceback_tells_a_secret():
    done = run(EVERYTHING)
    said = done.stdout + done.stderr
    assert done.returncode == 1
    for value in (SECRET, "A1b2A1b2", "minted-later-0815"):
        assert value not in said
    for words in ("words [redacted]", "100% of what is plain", "RuntimeError: told [redacted]", "by-the-side", "Falls"):
        assert words in said
    assert said.count("RuntimeError: told [redacted]") == 4


@pytest.mark.skipif(sys.platform != "linux", reason="platform: Linux says of itself what may be read of it")
def test_a_process_leaves_no_core_and_shows_its_environment_to_nobody():
    done = run("""
import ctypes, resource, subprocess
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
print(subprocess.run(["/bin/sh", "-c", "ulimit -c"], capture_output=True, text=True).stdout.strip())
""")
    limit, _, rest = done.stdout.partition(") ")
    assert (limit, rest.split()[0]) == ("(0, 0", "0"), done.stderr
    assert rest.split()[-1] == "0"


def test_every_secret_of_the_host_is_known():
    settings = Settings(
        app_id=1, private_key="the key", webhook_secret=("hook",), database_url="postgresql://otto:p%40ssw0rd@db/otto"
    )
    environment = {"ANTHROPIC_API_KEY": "sk-key", "https_proxy": "http://me:proxy-pass@host", "HTTP_PROXY": "http://["}
    hidden = settings.hidden(environment)
    assert set(hidden) == {"the key", "hook", "sk-key", "p%40ssw0rd", "p@ssw0rd", "proxy-pass"}


def test_the_commands_that_hold_secrets_are_discreet():
    """They hold themselves to it before they do anything else."""
    source = (Path(__file__).parents[1] / "otto_bot" / "cli.py").read_text()
    for command in ("_serve", "_worker", "_redeliver"):
        body = source.split(f"def {command}(", 1)[1].split("\ndef ", 1)[0]
        assert "_discreet(settings)" in body, command
