import os
import unittest

from buses import feed

SANDBOX = os.environ.get("SANDBOX_URL", "")


class Sandbox(unittest.TestCase):
    @unittest.skipUnless(SANDBOX, "no sandbox here")
    def test_the_sandbox_answers(self):
        # One look is enough: the other tests have recorded answers.
        self.assertTrue(SANDBOX.startswith("https://"))
        self.assertEqual(feed.status(SANDBOX), 200, "the operator's sandbox")
