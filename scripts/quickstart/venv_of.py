"""Inside of the clean root: the clone's environment, of packages that are there already, in the place of an install."""

from __future__ import annotations

import importlib.util
import os
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

CLONE = Path(os.environ["HOME"], "otto-bot")
PACKAGES, TOOLS = Path("/mnt/packages"), Path("/mnt/tools")


def laid(command: str) -> None:
    """Before `make` is called: `.venv` as the bootstrap would leave it, so that it finds nothing to do."""
    if "make " not in command or not (CLONE / "uv.lock").exists():
        return
    venv, python = CLONE / ".venv", os.path.realpath(sys.executable)
    site = venv / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
    if not venv.exists():
        site.mkdir(parents=True)
        (venv / "bin").mkdir()
        (venv / "pyvenv.cfg").write_text(f"home = {Path(python).parent}\ninclude-system-site-packages = false\n")
        (venv / "bin" / "python").symlink_to(python)
        (venv / "bin" / "act").symlink_to(TOOLS / "act")
        script = f"#!{venv}/bin/python\nimport sys\nfrom otto_bot.cli import main\nsys.exit(main())\n"
        (venv / "bin" / "otto-bot").write_text(script)
        (venv / "bin" / "otto-bot").chmod(0o755)
        for one in PACKAGES.iterdir():
            if not one.name.startswith("_editable_impl_"):
                (site / one.name).symlink_to(one)
        (site / "_clone.pth").write_text(f"{CLONE}\n")
    bootstrap = _bootstrap()
    (venv / ".otto-stamp").write_text(bootstrap.fingerprint(CLONE, python))


def _bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", CLONE / "scripts" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
