"""The heart: pure state machine; knows nobody of the house."""
