"""The map of a repository: which files there are, and the definitions of those nearest to a task, within a budget."""
