"""The Actions service of the playground: really executes workflow files, without a network and without Docker."""
