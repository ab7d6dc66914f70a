"""How many deliveries the web process takes in, beside a Probot app that stores nothing."""
