import unittest

from ledger import Book


class BookTest(unittest.TestCase):
    def test_rows(self):
        book = Book()
        book.add("cash", 2)
        self.assertEqual([account for account, _ in book.rows()], ["cash"])
