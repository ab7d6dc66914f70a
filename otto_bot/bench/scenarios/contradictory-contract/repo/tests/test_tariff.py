import unittest

from parking.money import euros
from parking.tariff import fee


class Tariff(unittest.TestCase):
    def test_hours_that_have_begun(self):
        self.assertEqual(fee(60), 150)
        self.assertEqual(fee(61), 300)

    def test_euros(self):
        self.assertEqual(euros(150), "1.50")
