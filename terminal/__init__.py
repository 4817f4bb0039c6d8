"""What a person at the terminal says and reads: the commands of `python -m local`, and the log lines of every hop."""
