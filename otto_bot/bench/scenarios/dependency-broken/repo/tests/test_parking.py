import unittest

from parking.clock import minutes
from parking.spans import fits


class Parking(unittest.TestCase):
    def test_minutes(self):
        self.assertEqual(minutes("19:30"), 1170)

    def test_bays(self):
        self.assertTrue(fits(185, "usual"))
        self.assertFalse(fits(185, "small"))
