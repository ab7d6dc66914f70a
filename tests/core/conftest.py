"""Helpers of the heart's tests, importable by name: test folders are no packages."""

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


for helper in (
    "core_builders",
    "tampering_table",
    "tampering_bodies",
    "small_plans",
    "core_lives",
    "core_gates",
    "core_journeys",
):
    _register(helper)
