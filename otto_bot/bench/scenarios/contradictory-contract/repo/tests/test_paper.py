import unittest
from importlib.util import find_spec

from parking.money import euros
from parking.tariff import fee


@unittest.skipUnless(find_spec("parking.receipt"), "no receipts yet")
class Paper(unittest.TestCase):
    def test_the_till_and_the_paper_agree(self):
        from parking.receipt import receipt

        for minutes in (12, 30, 95):
            self.assertIn(euros(fee(minutes)), receipt("KA 77", minutes))
