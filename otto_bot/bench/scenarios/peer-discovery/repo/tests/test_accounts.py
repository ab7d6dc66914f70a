import unittest

try:
    from ledger.accounts import accounts
except ImportError:
    raise unittest.SkipTest("ledger.accounts is not written yet")

from ledger import Book


class AccountsTest(unittest.TestCase):
    def test_each_account_once(self):
        book = Book()
        for account in ("cash", "bank", "cash"):
            book.add(account, 1)
        self.assertEqual(accounts(book), ["bank", "cash"])
