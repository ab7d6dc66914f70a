import unittest

from terrain.heights import north


class Heights(unittest.TestCase):
    def test_the_lake_is_flat(self):
        self.assertEqual(min(map(min, north(120))), 380)
