"""Lights along the coast."""
