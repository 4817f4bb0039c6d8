"""What the functions share: the entry point for HTTP, authorisation, settings, logs, secrets, calls of services and of
AWS."""
