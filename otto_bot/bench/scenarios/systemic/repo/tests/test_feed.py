import unittest

from buses import feed


class Feed(unittest.TestCase):
    def test_there_is_a_status(self):
        self.assertTrue(callable(feed.status))
