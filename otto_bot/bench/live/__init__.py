"""The claim benches: what a real model makes of the same scenarios, and of real repositories."""
