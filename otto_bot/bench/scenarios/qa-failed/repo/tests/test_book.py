import unittest

from switchboard.book import EXTENSIONS


class Book(unittest.TestCase):
    def test_three_digits(self):
        self.assertTrue(all(100 <= extension <= 999 for extension in EXTENSIONS))
