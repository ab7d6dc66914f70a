"""What the gauge says."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Reading:
    """The water's level in centimetres above chart datum."""

    at: datetime
    level_cm: int
