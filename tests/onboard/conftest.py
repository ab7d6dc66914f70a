"""What tests of onboarding share: the table of trees is a module of its own, loaded by path."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_spec = importlib.util.spec_from_file_location("onboard_trees", Path(__file__).with_name("trees.py"))
assert _spec is not None
assert _spec.loader is not None
sys.modules["onboard_trees"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sys.modules["onboard_trees"])
