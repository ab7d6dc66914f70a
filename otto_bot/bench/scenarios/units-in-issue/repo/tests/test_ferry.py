import importlib.util
import unittest
from pathlib import Path

from ferry.boats import LIMITS, names

DAYS = [line.split(" ", 2) for line in Path("data/pier.txt").read_text().splitlines() if not line.startswith("#")]


class Ferry(unittest.TestCase):
    def test_names(self):
        self.assertEqual(names(), ["Skua", "Little Auk"])

    @unittest.skipUnless(importlib.util.find_spec("ferry.sailing"), "nobody decides yet")
    def test_decisions_are_those_of_the_captains(self):
        from ferry.sailing import sails

        for day, reading, *rest in DAYS:
            for boat in LIMITS:
                said = "sailed" if boat in "".join(rest) else "stayed"
                self.assertEqual("sailed" if sails(boat, int(reading)) else "stayed", said, f"{boat} on {day}")
