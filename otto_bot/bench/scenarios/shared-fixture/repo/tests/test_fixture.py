import unittest
from importlib.util import find_spec
from pathlib import Path

from seeds.model import load
from tests.printer import refuses

SEEDS = load(Path(__file__).parent / "fixtures" / "seeds.json")


class Everything(unittest.TestCase):
    def test_there_are_seeds(self):
        self.assertEqual(len(SEEDS), 4)

    @unittest.skipUnless(find_spec("seeds.calendar"), "no calendar yet")
    def test_calendar(self):
        from seeds.calendar import sown_in

        for seed in SEEDS:
            for month in [seed.month] if seed.month else range(1, 13):
                if seed.name not in sown_in(SEEDS, month):
                    self.fail(f"{seed.name} is missing in month {month}: month 0 means any month")

    @unittest.skipUnless(find_spec("seeds.labels"), "no labels yet")
    def test_labels(self):
        from seeds.labels import label

        refused = [seed for seed in SEEDS if refuses(label(seed))]
        self.assertFalse(len(refused), f"the printer has refused {len(refused)} of {len(SEEDS)} labels")
