import unittest
from datetime import datetime

from harbour.csvtext import to_csv
from harbour.gauge import Reading


class Text(unittest.TestCase):
    def test_one_line_for_each_reading(self):
        self.assertEqual(to_csv([Reading(datetime(2031, 5, 1, 9, 0), 187)]), "time,level_cm\n09:00,187\n")

    def test_no_readings(self):
        self.assertEqual(to_csv([]), "time,level_cm\n")
