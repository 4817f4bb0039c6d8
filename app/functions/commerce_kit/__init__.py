"""What the functions on top of `app.commerce` share: problems for its errors, Idempotency-Keys, log lines of events."""
