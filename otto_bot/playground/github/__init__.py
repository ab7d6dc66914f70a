"""A GitHub stand-in on loopback: REST subset, git over HTTP, signed webhooks, people and faults on demand."""
