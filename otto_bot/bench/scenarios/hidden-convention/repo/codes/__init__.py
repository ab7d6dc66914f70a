"""Numbers with check digits."""

from codes.lookup import UnknownKind, valid

__all__ = ["UnknownKind", "valid"]
