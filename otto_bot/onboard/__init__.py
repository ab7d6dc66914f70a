"""The commands `init` and `schema`: what a repository needs, written on one's own machine."""
