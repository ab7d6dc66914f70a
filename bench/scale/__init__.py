"""What a run, a waiting run and an idle worker cost: `make bench-scale`."""
