"""compose.yaml: each of its references, and its commands really run, as plain processes on a real PostgreSQL."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from otto_bot.engine.loop import STOP_SECONDS as WORKER_SECONDS
from otto_bot.serve import STOP_SECONDS as SERVE_SECONDS
from otto_bot.settings import FILE_VARIANTS, MODEL_KEYS, Settings

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("web", "worker")
INSTALL = (ROOT / "docs" / "install.md").read_text()
SECRETS = INSTALL.partition("<!-- compose:")[2].partition("```sh\n")[2].partition("```")[0]
PATIENCE = 60.0


def filled(value: str, given: dict[str, str]) -> str:
    """What compose makes of `${NAME:-default}` and `${NAME:?words}`."""

    def one(match: re.Match[str]) -> str:
        name, kind, words = match.groups()
        if found := given.get(name):
            return found
        assert kind == ":-", f"{name} is needed: {words}"
        return words

    return re.sub(r"\$\{([A-Z_]+)(:-|:\?)([^}]*)\}", one, value)


def seconds(span: str) -> float:
    number, unit = re.fullmatch(r"(\d+)([sm])", span).groups()  # type: ignore[union-attr]
    return int(number) * {"s": 1, "m": 60}[unit]


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_names_is_declared(name: str) -> None:
    service = SERVICES[name]

    assert set(service["networks"]) <= set(COMPOSE["networks"])
    assert {volume.partition(":")[0] for volume in service["volumes"]} <= set(COMPOSE["volumes"])
    assert set(service["secrets"]) <= set(COMPOSE["secrets"])
    files = [value for key, value in service["environment"].items() if key.endswith("_FILE")]
    assert {Path(file) for file in files} == {Path("/run/secrets") / secret for secret in service["secrets"]}
    for needed, how in service.get("depends_on", {}).items():
        assert how == {"condition": "service_healthy"}
        assert SERVICES[needed]["healthcheck"]["test"][0] == "CMD"


def test_nothing_is_declared_that_nobody_uses() -> None:
    used = {"networks": set(), "secrets": set()}  # type: dict[str, set[str]]
    for service in SERVICES.values():
        for kind, names in used.items():
            names.update(service[kind])

    assert {kind: set(COMPOSE[kind]) for kind in used} == used
    assert set(COMPOSE) == {"name", "x-otto", "x-settings", "services", "networks", "volumes", "secrets"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert SERVICES["database"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_secrets_come_from_files_and_have_no_defaults() -> None:
    for service in SERVICES.values():
        secret = {key for key in service["environment"] if re.search("SECRET|PASSWORD|KEY|DATABASE_URL", key)}
        assert all(key.endswith("_FILE") for key in secret)
        assert secret
    assert {Path(one["file"]).parent for one in COMPOSE["secrets"].values()} == {Path("secrets")}
    assert {Path(one["file"]).name for one in COMPOSE["secrets"].values()} == set(COMPOSE["secrets"])
    assert set(re.findall(r"secrets/([a-z-]+)(?= *$)", SECRETS, re.MULTILINE)) == set(COMPOSE["secrets"])


def test_images_have_a_version_and_ours_is_this_one() -> None:
    images = {name: filled(service["image"], {}) for name, service in SERVICES.items()}

    assert all(re.search(r":\d", image) for image in images.values())
    assert {images[name].rpartition(":")[2] for name in OURS} == {SERVICES_VERSION}


SERVICES_VERSION = re.search(r'^version = "([^"]+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1]  # type: ignore[index]


def test_every_setting_exists() -> None:
    known = {f"OTTO_{name.upper()}" for name in Settings.model_fields}
    known |= {f"OTTO_{name.upper()}_FILE" for name in FILE_VARIANTS} | {f"{name}_FILE" for name in MODEL_KEYS}

    for name in OURS:
        assert set(SERVICES[name]["environment"]) <= known
    asked = set(re.findall(r"\$\{([A-Z_]+)", TEXT))
    assert asked <= known | {"OTTO_IMAGE"}


def test_each_process_gets_the_time_it_takes_to_end() -> None:
    needed = {"web": SERVE_SECONDS, "worker": WORKER_SECONDS}

    for name, least in needed.items():
        assert seconds(SERVICES[name]["stop_grace_period"]) >= least + 3


class House:
    """The services of ours as processes: words, environment and health checks of the file, other places and ports."""

    def __init__(self, folder: Path, url: str, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = str(free.getsockname()[1])
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        (folder / "private-key.pem").write_bytes(pem)
        given = {"PATH": os.environ["PATH"], "ANTHROPIC_API_KEY": "sk-none"}
        subprocess.run(["sh", "-eu", "-c", SECRETS], cwd=folder, env=given, check=True)
        self.given = dict(line.split("=") for line in (folder / ".env").read_text().split())
        self.given["OTTO_GITHUB_API_URL"] = "http://127.0.0.1:9"
        made = folder / "secrets" / "database-url"
        password = (folder / "secrets" / "database-password").read_text()
        assert made.read_text() == f"postgresql://otto:{password}@database:5432/otto"
        here = sa.make_url(url).set(password=password)
        made.chmod(0o600)
        made.write_text(here.render_as_string(hide_password=False))

    def environment(self, name: str) -> dict[str, str]:
        said = {key: filled(str(value), self.given) for key, value in SERVICES[name]["environment"].items()}
        said = {key: value.replace("/run/secrets", str(self.folder / "secrets")) for key, value in said.items()}
        # As the image has it, below the one folder that may be written.
        image = {"OTTO_STATE_DIR": str(self.folder / "state"), "OTTO_HOST": "127.0.0.1", "OTTO_PORT": self.port}
        ours = {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(self.folder), "OTTO_PREFIX": str(BIN.parent)}
        ours |= {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
        return {**ours, **image, **said}

    def start(self, name: str) -> subprocess.Popen[bytes]:
        log = self._stack.enter_context((self.folder / f"{name}.log").open("ab"))
        command = [ROOT / "scripts" / "container_start.sh", *SERVICES[name]["command"]]
        process = subprocess.Popen(command, cwd=self.folder, env=self.environment(name), stdout=log, stderr=log)
        self._stack.callback(process.wait, 30)
        self._stack.callback(process.kill)
        return process

    def healthy(self, name: str) -> bool:
        kind, *test = SERVICES[name]["healthcheck"]["test"]
        assert kind == "CMD"
        command = [word.replace("127.0.0.1:8080", f"127.0.0.1:{self.port}") for word in test]
        done = subprocess.run(command, cwd=self.folder, env=self.environment(name), capture_output=True, timeout=30)
        return done.returncode == 0

    def listens(self) -> bool:
        return '{"ready"' in (self.folder / "web.log").read_text()

    def until(self, true: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            logs = "\n".join(path.read_text()[-3000:] for path in self.folder.glob("*.log"))
            assert time.monotonic() < deadline, f"{what}\n{logs}"
            time.sleep(0.3)


@pytest.fixture
def house(make_database: Callable[..., str], tmp_path: Path) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(tmp_path, make_database("postgresql", empty=True), stack)


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_the_services_come_up_together_are_healthy_and_end_in_time(house: House) -> None:
    """On an empty database: whoever comes first brings it up. Nobody is asked anything that is not in the file."""
    web = house.start("web")
    workers = [house.start("worker") for _ in range(SERVICES["worker"]["deploy"]["replicas"])]
    url = (house.folder / "secrets" / "database-url").read_text()
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))

    def names() -> list[str]:
        with engine.connect() as c:
            if not sa.inspect(c).has_table("workers"):
                return []
            return sorted(c.execute(sa.text("SELECT name FROM workers")).scalars())

    assert not house.healthy("worker"), "it is not said before it is so"
    house.until(lambda: len(names()) == len(workers) == 2, "both workers are there")
    house.until(house.listens, "the web process listens")
    assert house.healthy("web")
    assert house.healthy("worker")
    asked_at = time.monotonic()
    for process in (web, *workers):
        process.send_signal(signal.SIGTERM)
    assert [process.wait(60) for process in (web, *workers)] == [0, 0, 0]

    longest = min(seconds(SERVICES[name]["stop_grace_period"]) for name in OURS)
    assert time.monotonic() - asked_at < longest
    assert names() == []
    assert not house.healthy("worker")
    engine.dispose()
    (ready,) = (line for line in (house.folder / "web.log").read_text().splitlines() if line.startswith('{"ready"'))
    assert json.loads(ready)["url"] == f"http://127.0.0.1:{house.port}"
    secret = (house.folder / "secrets" / "database-password").read_text()
    assert all(secret not in path.read_text() for path in house.folder.glob("*.log"))
