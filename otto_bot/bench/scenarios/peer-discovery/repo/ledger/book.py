"""Where bookings are kept."""


class Book:
    """Bookings in the order they were made."""

    def __init__(self):
        self._rows = []

    def add(self, account, amount):
        """Book an amount."""
        self._rows.append((account, round(amount * 100)))

    def rows(self):
        """Pairs of account and amount."""
        return list(self._rows)
