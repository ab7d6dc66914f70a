import unittest

from puzzle.grid import choices, with_number
from tests.grids import EMPTY


class Cells(unittest.TestCase):
    def test_choices_get_fewer(self):
        self.assertEqual(choices(with_number(EMPTY, 0, 0, 3), 0, 1), [1, 2, 4])
