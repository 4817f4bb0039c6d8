"""The Lambda functions: one folder each, and the kit that they share."""
