import unittest

from kitchen import book


class Book(unittest.TestCase):
    def test_recipes_have_names(self):
        self.assertTrue(book.BREAD_SOUP.name)
        self.assertTrue(book.LEEK_PIE.name)
