import unittest

import words


class PackageTest(unittest.TestCase):
    def test_it_says_what_it_is(self):
        self.assertTrue(words.__doc__)
