"""The work of `up --watch`: a saved edit becomes live by the shortest way that is safe for it."""
