"""Which door leads where."""

DOORS = {
    "hall": ("clocks", "maps"),
    "clocks": ("hall", "glass"),
    "maps": ("hall", "boats"),
    "boats": ("maps", "glass"),
    "glass": ("clocks", "boats"),
}
