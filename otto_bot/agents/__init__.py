"""Planner, coder, judge and pilot: prompts, schemas, the coder's loop."""
