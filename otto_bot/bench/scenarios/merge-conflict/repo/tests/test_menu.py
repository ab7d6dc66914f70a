import unittest

from canteen.menu import MENU


class Menu(unittest.TestCase):
    def test_every_dish_has_a_name_of_its_own(self):
        self.assertEqual(len({dish.name for dish in MENU}), len(MENU))
