"""Measurements of the rooms. Nothing of the product imports them."""
