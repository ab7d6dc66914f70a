import unittest

try:
    from samples.median import median
except ImportError:
    raise unittest.SkipTest("samples.median is not written yet")


class MedianTest(unittest.TestCase):
    def test_odd(self):
        self.assertEqual(median([5, 1, 3]), 3)

    def test_even(self):
        self.assertEqual(median([4, 1, 3, 2]), 2.5, "an even sample has the mean of its two middle values")
