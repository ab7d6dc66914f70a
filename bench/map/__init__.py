"""What a map of the repository is worth: on the history of a repository, beside a plain list of the same size."""
