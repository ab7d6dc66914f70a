import unittest
from datetime import date

from choir.evenings import evenings


class Evenings(unittest.TestCase):
    def test_tuesdays_of_march(self):
        self.assertEqual([day.day for day in evenings(2031, 3)], [5, 12, 19, 26])

    def test_always_a_tuesday(self):
        self.assertEqual({date.weekday(day) for day in evenings(2031, 4)}, {1})
