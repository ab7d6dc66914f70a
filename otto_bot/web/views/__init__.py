"""What a page shows, as plain values: pure functions of what is stored."""
