"""What the functions on top of `app.commerce` share: its errors as problems, Idempotency-Keys, the log lines of
events."""
