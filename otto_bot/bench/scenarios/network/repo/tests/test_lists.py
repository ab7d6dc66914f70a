import unittest

from words.lists import EVERYDAY


class Lists(unittest.TestCase):
    def test_no_word_twice(self):
        self.assertEqual(len(EVERYDAY), len(set(EVERYDAY)))
