"""What is broken, by the number of its rule in docs/design.md; 0 = the house's own promises beside these."""

from __future__ import annotations

RULES = {
    0: "nothing finished is lost, people are told how things are, their words count as they were meant",
    1: "nothing beyond a first attempt starts without a posted comment",
    2: "a task starts only when everything it depends on is merged",
    3: "tasks that may disturb each other never run side by side",
    4: "every task is in exactly one state; none is lost",
    5: "money, attempts and what costs no attempt stay within their bounds",
    6: "only a green verification of that exact tree, or the judge where no workflow starts, lets a task be merged",
    7: "one active run an issue; a repeated or reordered delivery changes nothing; nothing is there twice",
    8: "the same ledger gives the same state",
    9: "no commit by another author is lost; refs move forward only",
    10: "everything rests eventually, waits for a named time, or for a person who was called",
}


class Broken(AssertionError):
    """A rule does not hold in the simulated world."""

    def __init__(self, rule: int, words: str) -> None:
        self.rule = rule
        self.words = words
        super().__init__(f"rule {rule} ({RULES[rule]}): {words}")


def hold(rule: int, holds: object, words: str) -> None:
    """Raises Broken where a rule does not hold."""
    if not holds:
        raise Broken(rule, words)
