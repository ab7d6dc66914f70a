"""Words for learners."""
