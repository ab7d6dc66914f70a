"""Runs the doctest examples of the package; a public function without one does not pass."""

import doctest
import importlib
import inspect
import pkgutil
import sys
from pathlib import Path

sys.path.insert(0, ".")
import beats  # noqa: E402

bare, failed = [], 0
for found in pkgutil.iter_modules(beats.__path__, "beats."):
    module = importlib.import_module(found.name)
    result = doctest.testmod(module)
    failed += result.failed
    print(f"{found.name}: {result.attempted} examples, {result.failed} failed")
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == found.name and not name.startswith("_") and ">>>" not in (function.__doc__ or ""):
            bare.append(f"{found.name}.{name}")
for name in bare:
    print(f"error: {name} is not tested")
for path in sorted(Path().glob("test*/**/*.py")):
    print(f"note: {path} was not run")
if bare or failed:
    print(
        f"{len(bare)} untested, {failed} failed. This project tests with doctest examples in the function's docstring."
    )
    sys.exit(1)
