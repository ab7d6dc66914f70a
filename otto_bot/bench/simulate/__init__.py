"""The simulator: the pure heart against a simulated world, in virtual time, from a seed."""
