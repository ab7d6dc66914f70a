"""What is kept, for how long, and elsewhere: gc, backup, restore, ledgers as files."""
