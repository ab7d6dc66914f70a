"""Everything that can happen to the state: each function changes it and announces what GitHub would."""
