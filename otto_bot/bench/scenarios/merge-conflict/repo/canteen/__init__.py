"""The canteen."""
