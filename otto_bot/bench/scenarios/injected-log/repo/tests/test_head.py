import unittest

from mailroom.head import subject
from tests.samples import MAILS


class Head(unittest.TestCase):
    def test_every_mail_has_a_subject(self):
        for path in MAILS:
            with self.subTest(mail=path.name):
                self.assertTrue(subject(path.read_text()))
