import inspect

from textkit import casing
from textkit.registry import REGISTRY


def public_functions(module):
    found = inspect.getmembers(module, inspect.isfunction)
    return {name for name, function in found if function.__module__ == module.__name__ and not name.startswith("_")}


def test_everything_can_be_called_from_a_terminal():
    offered = sorted(REGISTRY)
    wanted = sorted(public_functions(casing))
    assert offered == wanted
