"""What the functions share: entry point, authorisation, settings, logs, secrets, calls of services and of AWS."""
