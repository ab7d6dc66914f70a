import unittest

from codes import UnknownKind, valid


class Codes(unittest.TestCase):
    def test_ean13(self):
        self.assertTrue(valid("ean13", "4006381333931"))
        self.assertFalse(valid("ean13", "4006381333932"))

    def test_luhn(self):
        self.assertTrue(valid("luhn", "79927398713"))
        self.assertFalse(valid("luhn", "79927398710"))

    def test_unknown(self):
        with self.assertRaises(UnknownKind):
            valid("horoscope", "11")
