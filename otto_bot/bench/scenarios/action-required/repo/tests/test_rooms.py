import unittest

from museum.rooms import DOORS


class Rooms(unittest.TestCase):
    def test_doors_have_two_sides(self):
        for room, doors in DOORS.items():
            for other in doors:
                self.assertIn(room, DOORS[other])
