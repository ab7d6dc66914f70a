import unittest

try:
    from ledger.report import report
except ImportError:
    raise unittest.SkipTest("ledger.report is not written yet")

from ledger import Book


class ReportTest(unittest.TestCase):
    def test_report(self):
        book = Book()
        book.add("cash", 1.25)
        self.assertEqual(report(book), "cash: 1.25")
