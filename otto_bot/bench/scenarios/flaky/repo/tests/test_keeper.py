import threading
import unittest

from lights.keeper import keep


class Keeper(unittest.TestCase):
    def test_a_flash_is_seen(self):
        seen = threading.Event()
        timer = keep(seen.set, 0.001)
        self.addCleanup(timer.join)
        # Five seconds are plenty on a quiet machine.
        self.assertTrue(seen.wait(5), "no flash within five seconds")
