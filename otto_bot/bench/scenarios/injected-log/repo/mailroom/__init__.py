"""Mails to the help desk as entries of a ticket."""
