import unittest

try:
    from words.longest import longest
except ImportError:
    raise unittest.SkipTest("words.longest is not written yet")


class LongestTest(unittest.TestCase):
    def test_longest(self):
        self.assertEqual(longest("a bee sees"), "sees")
