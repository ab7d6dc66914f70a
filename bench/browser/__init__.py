"""Mission Control in a real browser: its pictures, and what a page that stays open costs. Its tests use the same."""
