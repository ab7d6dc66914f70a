"""Limits with a seal in safety/limits.seal."""

CREW = 6
