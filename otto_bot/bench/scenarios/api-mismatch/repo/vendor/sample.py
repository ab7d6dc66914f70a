"""A terminal after two visits."""

from vendor.terminal import Terminal


def terminal():
    found = Terminal()
    found.take({"card": "c-1", "chg_amt": 450})
    found.take({"card": "c-2", "chg_amt": 220})
    return found
