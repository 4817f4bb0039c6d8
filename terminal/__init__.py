"""The terminal of a person: the commands of `python -m local`, and the log lines of every hop."""
