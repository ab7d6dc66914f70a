import unittest

from board.display import WIDTH
from board.line import line
from board.network import STOPS


class Display(unittest.TestCase):
    def test_lines_fit(self):
        for stop in STOPS:
            self.assertLessEqual(len(line("09:10", stop)), WIDTH)
