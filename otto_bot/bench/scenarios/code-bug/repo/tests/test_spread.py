import unittest

try:
    from samples.spread import spread
except ImportError:
    raise unittest.SkipTest("samples.spread is not written yet")


class SpreadTest(unittest.TestCase):
    def test_spread(self):
        self.assertEqual(spread([4, 9, 2]), 7)
