"""Arithmetic of a metronome."""
