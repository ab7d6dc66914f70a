"""Otto: a GitHub App that explains every failure before it retries."""
