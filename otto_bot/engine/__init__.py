"""The engine room: a durable queue, and the loop that keeps it in step with what is due."""
