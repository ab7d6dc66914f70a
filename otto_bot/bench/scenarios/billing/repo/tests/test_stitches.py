import unittest

from knitting.stitches import cast_on


class Stitches(unittest.TestCase):
    def test_even(self):
        self.assertEqual(cast_on(20, 22), 44)
        self.assertEqual(cast_on(21, 21), 44)
