"""The shared code of functions on `app.commerce`: problems for its errors, Idempotency-Keys, events' log lines."""
