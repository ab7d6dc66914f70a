"""Helpers of the security tests, importable by name: test folders are no packages."""

import importlib.util
import sys
from pathlib import Path


def _register(name: str) -> None:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])


_register("security_registry")
for _name in (
    "run_of_words",
    "caged_place",
    "git_scene",
    "injection_places",
    "injection_evil",
    "injection_scene",
    "injection_compare",
    "webhook_bodies",
    "web_host",
    "gate_stage",
    "gate_people",
    "frozen_scene",
    "diff_place",
):
    _register(_name)
