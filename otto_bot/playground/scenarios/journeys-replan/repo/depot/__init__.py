"""Where parcels stand."""
