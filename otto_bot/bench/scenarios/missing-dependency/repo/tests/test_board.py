import unittest

from lanes.board import ranking
from lanes.times import hundredths


class Board(unittest.TestCase):
    def test_times(self):
        self.assertEqual(hundredths("1:02.35"), 6235)
        self.assertEqual(hundredths("59.80"), 5980)

    def test_ranking(self):
        self.assertEqual(ranking({3: "1:00.10", 4: "59.80", 5: "1:02.35"}), [4, 3, 5])
