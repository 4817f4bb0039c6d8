"""What every service is made of: settings, HTTP, database, logs, metrics, health and the server that runs it."""
