"""Where the weights of `otto_bot/diagnosis/weights.py` come from: fitted on labelled logs, checked on others."""
