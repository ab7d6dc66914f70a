import unittest

from ferry.timetable import SUNDAY


class Timetable(unittest.TestCase):
    def test_in_order(self):
        self.assertEqual(list(SUNDAY), sorted(SUNDAY))
