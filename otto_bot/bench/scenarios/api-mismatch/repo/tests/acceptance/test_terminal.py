import unittest
from importlib.util import find_spec

from pool.visits import PRICES, Visit
from vendor import sample
from vendor.terminal import Terminal


class WithTerminal(unittest.TestCase):
    @unittest.skipUnless(find_spec("pool.charge"), "not there yet")
    def test_every_visit_is_charged(self):
        from pool.charge import charge

        terminal = Terminal()
        for kind in PRICES:
            terminal.take(charge(Visit("c-9", kind)))
        self.assertEqual(len(terminal.journal()), len(PRICES))

    @unittest.skipUnless(find_spec("pool.closing"), "not there yet")
    def test_the_day_is_closed(self):
        from pool.closing import takings

        terminal = sample.terminal()
        terminal.close(takings(terminal.journal()))
