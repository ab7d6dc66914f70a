import unittest

try:
    from shop.price import gross
except ImportError:
    raise unittest.SkipTest("shop.price is not written yet")


class PriceTest(unittest.TestCase):
    def test_gross(self):
        self.assertEqual(gross(100), 119)
