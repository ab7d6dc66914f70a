"""What the terminal takes and what it gives."""


class TerminalError(Exception):
    """The terminal's refusal."""


class Row(dict):
    """One line of the journal."""

    def __missing__(self, key):
        raise TerminalError(f"no column {key!r} in the journal, only: {', '.join(self)}")


class Terminal:
    def __init__(self):
        self._rows = []

    def take(self, message):
        if any(isinstance(value, float) for value in message.values()):
            raise TerminalError("E41 the amount must be whole cents")
        if set(message) != {"card", "chg_amt"}:
            raise TerminalError("E17 message refused")
        self._rows.append(Row(message))

    def journal(self):
        return list(self._rows)

    def close(self, total):
        if not isinstance(total, int) or total != sum(row["chg_amt"] for row in self._rows):
            raise TerminalError("E08 the day cannot be closed")
