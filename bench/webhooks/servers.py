"""The two servers as processes: Otto's own web process with its database, and the Probot app."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

SECRET = "It's_a_secret_to_everybody"
HERE = Path(__file__).parent


class Server:
    """A server that runs until it is ended; `path` takes deliveries."""

    def __init__(self, name: str, path: str, command: list[str], env: Mapping[str, str], folder: Path) -> None:
        self.name, self.path, self.folder = name, path, folder
        self._log = (folder / "log").open("wb")
        self.process = subprocess.Popen(
            command, env={**_environment(), **env}, cwd=folder, stdout=subprocess.PIPE, stderr=self._log
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        while line and not line.startswith(b'{"ready"'):
            line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{name} does not start:\n{(folder / 'log').read_text()[-2000:]}")
        where = urlsplit(json.loads(line)["url"])
        self.host, self.port = "127.0.0.1", where.port or 0

    @property
    def memory(self) -> float:
        """Resident memory now, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    @property
    def cpu(self) -> float:
        """Seconds of processor time until now."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """As a power cut would, for the process."""
        self.process.send_signal(signal.SIGKILL)
        self._gone()

    def end(self) -> None:
        """Ask it to end."""
        self.process.terminate()
        self._gone()

    def _gone(self) -> None:
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._log.close()


class Keys:
    """A private key of an App that nobody has."""

    def __init__(self, folder: Path) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.path = folder / "key.pem"
        self.text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        self.path.write_text(self.text)


def otto(folder: Path, keys: Keys) -> Server:
    """`otto-bot serve --no-worker` with a new database in `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    env = {
        "OTTO_APP_ID": "42",
        "OTTO_PRIVATE_KEY_FILE": str(keys.path),
        "OTTO_WEBHOOK_SECRET": SECRET,
        "OTTO_GITHUB_API_URL": "http://127.0.0.1:9",
        "OTTO_PORT": "0",
        "OTTO_LOG_LEVEL": "warning",
        "OTTO_STATE_DIR": str(folder / "state"),
        "PYTHONPATH": str(HERE.parents[1]),
    }
    command = [sys.executable, "-m", "otto_bot", "serve", "--no-worker"]
    return Server("otto", "/webhooks/github", command, env, folder)


def probot(folder: Path, keys: Keys, port: int) -> Server:
    """The app in `probot/`, installed in `folder`, in Probot's own server; one process, as Otto's."""
    for name in ("app.js", "package.json"):
        shutil.copy(HERE / "probot" / name, folder / name)
    env = {
        "APP_ID": "42",
        "PRIVATE_KEY": keys.text,
        "WEBHOOK_SECRET": SECRET,
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "LOG_LEVEL": "fatal",
        "NODE_ENV": "production",
    }
    return Server("probot", "/api/github/webhooks", ["node", "app.js"], env, folder)


def install_peer(folder: Path) -> Path:
    """Install Probot and GitHub's examples in `folder`, once; the folder of the examples."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "probot" / "package.json", folder / "package.json")
    examples = folder / "node_modules" / "@octokit" / "webhooks-examples"
    if not examples.is_dir():
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, check=True
        )
    return examples


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("OTTO_", "ANTHROPIC_"))}
