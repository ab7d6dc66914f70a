"""From webhook to run event: verify, store, route, authorise."""
