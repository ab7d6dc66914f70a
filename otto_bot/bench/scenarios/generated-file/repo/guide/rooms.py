"""The rooms and how their stops are written for the players."""

import json
from pathlib import Path

ROOMS = ("cellar", "garden")
SPEED = 14


def stops(room: str) -> list[tuple[str, str]]:
    """Title and text of every stop of a room, in the order of the tour."""
    lines = Path("texts", f"{room}.txt").read_text().splitlines()
    pairs = (line.split(": ", 1) for line in lines if line)
    return [(title, text) for title, text in pairs]


def made(room: str) -> str:
    """The player's file: each stop with the seconds that it takes to say it."""
    rows = [{"title": title, "text": text, "seconds": -(-len(text) // SPEED)} for title, text in stops(room)]
    return json.dumps({"room": room, "stops": rows}, indent=1) + "\n"
