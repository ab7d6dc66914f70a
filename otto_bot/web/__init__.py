"""Web pages and health endpoints."""
