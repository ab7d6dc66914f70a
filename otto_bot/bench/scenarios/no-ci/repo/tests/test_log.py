import unittest
from datetime import date

from birds.log import Sighting, parse


class Log(unittest.TestCase):
    def test_a_line(self):
        self.assertEqual(parse("2031-05-02 reed warbler\n"), Sighting("reed warbler", date(2031, 5, 2)))
