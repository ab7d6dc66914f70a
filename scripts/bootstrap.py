"""Make `.venv` from `uv.lock`, once, however many commands ask for it at the same time.

Runs with the standard library of any Python 3 (3.8 and newer understand it): it finds a Python that Otto supports, puts
a pinned uv into `.tools`, and lets it build the locked environment. A stamp says what `.venv` was built from, so a
second call costs a few milliseconds; a file lock lets a second command wait for the first.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

UV = "0.13.9"
UV_FROM = ("--only-binary=:all:", "--require-hashes", "--requirement", "scripts/uv.txt")
"""The wheels of that version that were looked at, by their hashes: whatever else an index offers is refused."""
OLDEST, NEWEST = (3, 11), (3, 13)
ROOT = Path(__file__).resolve().parent.parent
PROBE = "import ensurepip, sqlite3, ssl, sys; print('%d.%d' % sys.version_info[:2])"


class InstallError(Exception):
    """The environment cannot be made; the message names what to do."""


def supported(python: str) -> str | None:
    """`"3.11"` where `python` runs, is supported and can make environments; else None."""
    if shutil.which(python) is None:
        return None
    answer = subprocess.run([python, "-c", PROBE], capture_output=True, text=True, check=False)
    words = answer.stdout.strip()
    if answer.returncode != 0 or words.count(".") != 1:
        return None
    return words if OLDEST <= tuple(int(part) for part in words.split(".")) <= NEWEST else None


def pick_python(root: Path, environ: dict[str, str]) -> str:
    """The interpreter to build with: OTTO_PYTHON, the one of an existing `.venv`, this one, then any on the PATH."""
    if environ.get("OTTO_PYTHON"):
        chosen = environ["OTTO_PYTHON"]
        if supported(chosen):
            return chosen
        raise InstallError(
            f"OTTO_PYTHON={chosen} is not a working Python 3.11 to 3.13 with venv. Set another, or unset it."
        )
    present = root / ".venv" / "bin" / "python"
    candidates = [str(present.resolve())] if present.exists() else []
    candidates += [sys.executable, "python3.11", "python3.12", "python3.13"]
    for candidate in candidates:
        if supported(candidate):
            return candidate
    raise InstallError(
        "No Python 3.11, 3.12 or 3.13 with the venv module was found "
        f"(this one is {sys.version_info[0]}.{sys.version_info[1]}).\n"
        "Install one (Debian and Ubuntu: `apt install python3 python3-venv`), or name one: `OTTO_PYTHON=PATH make ...`"
    )


def fingerprint(root: Path, python: str) -> str:
    """What `.venv` depends on, as one hash."""
    digest = hashlib.sha256(f"{UV} {supported(python)} {root}".encode())
    for name in ("uv.lock", "pyproject.toml", "scripts/uv.txt"):
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def run(command: list[str], environ: dict[str, str], root: Path, what: str) -> None:
    """Run one step; on failure show the end of its output and say what usually helps."""
    done = subprocess.run(
        command,
        cwd=root,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        tail = "\n".join(done.stdout.decode(errors="replace").splitlines()[-20:])
        raise InstallError(
            f"{what} failed (exit status {done.returncode}):\n{tail}\n\n"
            "Most often the package registry cannot be reached: check the network, HTTPS_PROXY, and SSL_CERT_FILE if\n"
            "a proxy has a certificate of its own. Then run the same command again: it goes on where it stopped."
        )


def environment(root: Path, environ: dict[str, str]) -> dict[str, str]:
    """The variables of the installing processes: nothing of an active environment, a cache that can be written."""
    wanted = {**environ, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    for name in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "UV_PROJECT_ENVIRONMENT"):
        wanted.pop(name, None)
    if "SSL_CERT_FILE" not in wanted and wanted.get("PIP_CERT"):
        wanted["SSL_CERT_FILE"] = wanted["PIP_CERT"]
    home = wanted.get("HOME", "")
    if "UV_CACHE_DIR" not in wanted and not (home and os.access(home, os.W_OK)):
        wanted["UV_CACHE_DIR"] = str(root / ".tools" / "cache")
    return wanted


def install(root: Path, python: str, environ: dict[str, str]) -> None:
    """Build `.venv` with exactly the locked packages."""
    variables = environment(root, environ)
    uv = root / ".tools" / f"uv-{UV}" / "bin" / "uv"
    if not uv.exists():
        home = uv.parent.parent
        run([python, "-m", "venv", "--clear", str(home)], variables, root, "Making an environment for uv")
        run(
            [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", *UV_FROM],
            variables,
            root,
            "Installing uv",
        )
    sync = [str(uv), "sync", "--quiet", "--frozen", "--all-extras", "--compile-bytecode", "--python", python]
    run(sync, variables, root, "Installing the locked packages")


def main(root: Path, environ: dict[str, str]) -> int:
    """Bring `.venv` up to date; 0, or 1 with a message on standard error."""
    tools = root / ".tools"
    tools.mkdir(exist_ok=True)
    stamp = root / ".venv" / ".otto-stamp"
    with (tools / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another command is installing; waiting for it", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            python = pick_python(root, environ)
            wanted = fingerprint(root, python)
            if (root / ".venv" / "bin" / "python").exists() and stamp.exists() and stamp.read_text() == wanted:
                return 0
            print(f"installing the locked packages into .venv with {python} ...", file=sys.stderr, flush=True)
            install(root, python, environ)
            stamp.write_text(wanted)
        except InstallError as error:
            print(f"otto: cannot install.\n{error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(ROOT, dict(os.environ)))
