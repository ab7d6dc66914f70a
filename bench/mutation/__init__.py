"""Mutation testing of the heart: small faults put in one at a time, each held against the tests that reach it."""
