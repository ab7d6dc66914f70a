"""Text functions for people who write in terminals."""
