"""Secrets in what would be pushed: what excuses none, what is an example, what a line costs."""

from __future__ import annotations

import base64
import time
from urllib.parse import quote

import pytest

from otto_bot.core.redact import Redactor
from otto_bot.git.diff_secrets import secrets_in

JWT = "eyJhbGciOiJIUzI1NiJ9." + "a1B2c3D4" * 200 + ".c2lnbmF0dXJlMTIzNDU2"


@pytest.mark.parametrize(
    "line",
    [
        "key = 'ghp_" + "a1B2" * 9 + "EXAMPLE'",
        "key = 'sk-ant-api03-EXAMPLE" + "q7Xk2mPz9" * 5 + "'",
        "AKIA" + "Q7" * 8 + "EXAMPLE",
        "ghp_import-2.1.0-ghp_" + "a1B2" * 9 + "-none-any.whl",
        'secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEYzQ4m9"',
        f"token: {JWT}",
        f'{"x" * 5000} "{JWT}"',
        'password = "kT9testQ2mxW7pL4zR8v"',
        'password = "test-kT9Q2mxW7pL4zR8vN"',
    ],
)
def test_what_excuses_no_secret(line: str) -> None:
    assert [number for number, _ in secrets_in([(1, "x"), (2, line), (3, "y")])] == [2]


@pytest.mark.parametrize(
    "line",
    [
        'aws_key = "AKIAIOSFODNN7EXAMPLE"', 'secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"',
        'url = "https://files.pythonhosted.org/f7/ghp_import-2.1.0-py3-none-any.whl"',
        'password = "my-test-password-1234"', 'token = "deadbeefcafebabe0123456789abcdef"',
        'secret = "integration-test-secret-2024"', 'password = "Sample-Passw0rd-For-Tests-1"',
    ],
)  # fmt: skip
def test_what_is_an_example(line: str) -> None:
    assert list(secrets_in([(1, line)])) == []


@pytest.mark.parametrize(
    "secret",
    ["ghs_" + "a1B2" * 9, f"ghs_123456_{JWT}", JWT, "sk-ant-api03-" + "q7Xk2mPz9" * 8, "correct horse battery"],
)
def test_the_hosts_own_is_found_in_every_form(secret: str) -> None:
    """Also where its shape gives it away, so that the redactor keeps no copy of it."""
    knows = Redactor([secret]).knows
    basic = base64.b64encode(f"x-access-token:{secret}".encode()).decode()
    for form in (
        secret,
        quote(secret, safe=""),
        secret.encode().hex(),
        basic,
        base64.b64encode(secret.encode()).decode(),
    ):
        assert list(secrets_in([(7, f'value("{form}")')], knows)), form[:40]


@pytest.mark.parametrize("token", ["AKIA" + "Q7" * 8, "éghp_" + "a1B2" * 9])
def test_many_tokens_on_one_line_cost_its_length(token: str) -> None:
    """Four times the line: about four times the time, and not sixteen."""

    def cost(size: int) -> float:
        line = f"{token} " * (size // len(token))
        began = time.process_time()
        assert len(list(secrets_in([(1, line)]))) == 1
        return time.process_time() - began

    assert min(cost(800_000) for _ in range(2)) < 9 * min(cost(200_000) for _ in range(2))
