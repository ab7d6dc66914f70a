"""A time of day, shown."""


def show(minutes: int) -> str:
    """Minutes since midnight as `7:05`."""
    return f"{minutes // 60}:{minutes % 60:02}"
