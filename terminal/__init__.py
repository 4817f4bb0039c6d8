"""The terminal of a person: the commands of `./crosscloud`, the log lines of every process, and the state of all."""
