"""What the simulated workers do for each effect: the same order of looking, writing and telling as the real jobs."""
