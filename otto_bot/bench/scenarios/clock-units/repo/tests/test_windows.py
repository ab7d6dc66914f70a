import unittest

from greenhouse.board import Board
from greenhouse.windows import should_open


class Windows(unittest.TestCase):
    def test_heat_opens_them(self):
        board = Board()
        self.assertFalse(should_open(board))
        board.degrees = 28.5
        self.assertTrue(should_open(board))
