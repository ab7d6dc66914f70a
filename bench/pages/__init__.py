"""How quick pages are, how large, and what live ones cost."""
