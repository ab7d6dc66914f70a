import tempfile
import unittest
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from tests.acceptance import office

TODAY = date(2031, 5, 5)


@unittest.skipUnless(find_spec("harbour.prune"), "not there yet")
class Prune(unittest.TestCase):
    def test_three_days_are_kept(self):
        from harbour.prune import prune

        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            office.fill(folder, TODAY, 5)
            prune(folder, TODAY, keep_days=3)
            self.assertEqual(len(list(folder.iterdir())), 3, "files left after pruning")
