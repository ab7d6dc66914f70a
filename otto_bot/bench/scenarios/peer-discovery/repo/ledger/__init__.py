"""Bookings of a small shop."""

from ledger.book import Book

__all__ = ["Book"]
