import importlib.util
import unittest

from dairy.milk import total

MAY = [1234, 1198, 1271]


class Dairy(unittest.TestCase):
    def test_litres(self):
        self.assertEqual(total(MAY), 370.3)

    @unittest.skipUnless(importlib.util.find_spec("dairy.payout"), "nothing is paid yet")
    def test_payout_is_that_of_the_books(self):
        from dairy.payout import payout

        self.assertEqual(payout(MAY, 43), 15920, "May")
        self.assertEqual(payout([1003, 1006], 41), 8230, "June")
