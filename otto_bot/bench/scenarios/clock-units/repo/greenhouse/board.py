"""The small computer on the wall, as far as we use it."""


class Board:
    """Its state. `uptime` counts milliseconds since it was switched on, like that of the real one."""

    def __init__(self) -> None:
        self.uptime = 0
        self.degrees = 20.0

    def minutes_pass(self, count: float) -> None:
        """For tests: time goes by."""
        self.uptime += round(count * 60_000)
