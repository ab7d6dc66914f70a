"""How quick Otto answers and what it adds to a task: real processes on the playground, times from their own records."""
