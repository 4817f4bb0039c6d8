"""The checks before a deployment: what would stop it is said in a minute, and nothing is changed."""
