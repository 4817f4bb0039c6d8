"""The shared code of the functions: entry point, authorisation, settings, logs, secrets, calls of services and AWS."""
