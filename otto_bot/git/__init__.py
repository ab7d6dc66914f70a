"""git as Otto uses it: one bare mirror a repository, a workspace an attempt, forward-only pushes."""
