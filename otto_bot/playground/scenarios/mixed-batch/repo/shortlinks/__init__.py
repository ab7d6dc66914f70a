"""Short addresses for long ones."""

from shortlinks.clock import Clock, FrozenClock
from shortlinks.store import Link, Store

__all__ = ["Clock", "FrozenClock", "Link", "Store"]
