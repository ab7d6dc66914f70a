import unittest
from importlib.util import find_spec

from board.display import WIDTH
from board.network import STOPS


@unittest.skipUnless(find_spec("board.departure"), "not there yet")
class Departures(unittest.TestCase):
    def setUp(self):
        from board.departure import departure

        self.lines = {stop: departure("09:10", stop) for stop in STOPS}

    def test_names_are_whole(self):
        for stop, text in self.lines.items():
            self.assertIn(stop, text, f"not the whole name of {stop}")

    def test_lines_fit(self):
        for stop, text in self.lines.items():
            self.assertLessEqual(len(text), WIDTH, f"{stop}: too wide")
