"""Widths of bays in centimetres."""

SPANS = {"small": 230, "usual": 250, "wide": 350}


def fits(width: int, bay: str) -> bool:
    """Whether a car of this width can open its doors there."""
    return width + 60 <= SPANS[bay]
