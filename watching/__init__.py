"""What `up --watch` does: a saved edit becomes live by the shortest way that is safe for it."""
