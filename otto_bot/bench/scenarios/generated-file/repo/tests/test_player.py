import json
import unittest
from pathlib import Path

from guide.rooms import ROOMS, made


class Player(unittest.TestCase):
    def test_every_stop_is_short(self):
        for path in Path("player").glob("*.json"):
            for stop in json.loads(path.read_text())["stops"]:
                self.assertLess(stop["seconds"], 90, stop["title"])

    def test_files_of_the_players_are_untouched(self):
        for room in ROOMS:
            file = Path("player", f"{room}.json")
            self.assertTrue(file.read_text() == made(room), f"{file} does not look as it should")
