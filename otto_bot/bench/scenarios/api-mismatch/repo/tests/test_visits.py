import unittest

from pool.visits import PRICES


class Prices(unittest.TestCase):
    def test_every_kind_costs_something(self):
        self.assertTrue(all(price > 0 for price in PRICES.values()))
