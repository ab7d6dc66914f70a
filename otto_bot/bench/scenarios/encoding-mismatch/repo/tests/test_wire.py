import unittest

from platform_display.wire import split_header
from tests.display import KNOWN, Display


class Wire(unittest.TestCase):
    def test_a_list_names_its_character_set(self):
        charset, body = split_header(Display().stops())
        self.assertTrue(body.decode(charset).startswith(KNOWN[0]))
