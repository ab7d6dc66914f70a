"""Benches: what Otto's own parts are worth, measured offline on scenarios with a known right answer."""
