"""Simulator of the payment terminal, firmware 3."""
