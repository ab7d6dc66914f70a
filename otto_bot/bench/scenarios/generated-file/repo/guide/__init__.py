"""Texts of the audio guide."""
