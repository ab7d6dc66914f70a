"""The model behind one adapter."""
