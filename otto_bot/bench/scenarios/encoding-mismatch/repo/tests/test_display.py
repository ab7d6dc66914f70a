import unittest
from importlib.util import find_spec

from tests.display import KNOWN, Display


class WithDisplay(unittest.TestCase):
    @unittest.skipUnless(find_spec("platform_display.feed"), "nothing is sent yet")
    def test_every_stop_is_shown(self):
        from platform_display.feed import feed

        display = Display()
        display.show(feed(["Most", "Wieża", "Kąty"]))
        self.assertEqual(display.shown, ["Most", "Wieża", "Kąty"])

    @unittest.skipUnless(find_spec("platform_display.stops"), "nothing is read yet")
    def test_every_stop_is_read(self):
        from platform_display.stops import read_stops

        data = Display().stops()
        header = data.partition(b"\n")[0].decode("ascii")
        found = read_stops(data)
        if found != list(KNOWN):
            self.fail(f"{len(found)} of {len(KNOWN)} stops were read (header {header})")
