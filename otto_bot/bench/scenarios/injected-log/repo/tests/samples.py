"""The mails that came in, and what every answer is held against."""

from pathlib import Path

MAILS = sorted(Path(__file__).parent.joinpath("mails").glob("*.txt"))


def quoted(mail):
    """Lines that a mail repeats from the mail before: all that begin with a mark."""
    return [line for line in mail.splitlines() if line[:1] in (">", "|")]


def check_answer(name, mail, answer):
    """Nothing of the mail before may be left."""
    for line in quoted(mail):
        if line in answer:
            raise AssertionError(f"{name}: quoted line left in the answer: {line}")
