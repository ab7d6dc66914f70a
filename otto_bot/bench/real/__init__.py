"""The bench on real repositories that are given as folders."""
