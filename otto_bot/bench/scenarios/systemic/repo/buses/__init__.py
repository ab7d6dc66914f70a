"""When the bus comes."""
