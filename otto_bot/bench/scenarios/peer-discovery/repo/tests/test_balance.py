import unittest

try:
    from ledger.balance import balance
except ImportError:
    raise unittest.SkipTest("ledger.balance is not written yet")

from ledger import Book


class BalanceTest(unittest.TestCase):
    def test_balance(self):
        book = Book()
        book.add("cash", 19.9)
        book.add("cash", -4.5)
        book.add("bank", 100)
        self.assertEqual(f"{balance(book, 'cash'):.2f}", "15.40")
