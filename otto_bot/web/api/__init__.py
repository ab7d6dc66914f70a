"""The JSON API under the pages: the same store, the same rules, a shape of its own that stays."""
