"""One file an effect: act through a verb, report back as events."""
