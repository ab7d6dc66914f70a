import unittest

try:
    from shop.label import label
except ImportError:
    raise unittest.SkipTest("shop.label is not written yet")


class LabelTest(unittest.TestCase):
    def test_label(self):
        self.assertEqual(label(5), "5 EUR")
