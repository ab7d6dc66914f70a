import importlib.util
import unittest

from market.days import best
from tests.books import BY_WEEK, TAKINGS


class Market(unittest.TestCase):
    def test_best_day(self):
        self.assertEqual(best(TAKINGS), "2026-09-12")

    @unittest.skipUnless(importlib.util.find_spec("market.weeks"), "there are no weeks yet")
    def test_weeks_are_those_of_the_books(self):
        from market.weeks import weekly

        self.assertEqual(weekly(TAKINGS), BY_WEEK)
