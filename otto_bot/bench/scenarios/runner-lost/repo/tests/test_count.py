import unittest

try:
    from words.count import count
except ImportError:
    raise unittest.SkipTest("words.count is not written yet")


class CountTest(unittest.TestCase):
    def test_count(self):
        self.assertEqual(count("one two  three"), 3)
