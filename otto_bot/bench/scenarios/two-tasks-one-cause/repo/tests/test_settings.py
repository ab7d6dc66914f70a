import unittest

from shop.settings import setting


class SettingsTest(unittest.TestCase):
    def test_currency(self):
        self.assertEqual(setting("currency"), "EUR")
