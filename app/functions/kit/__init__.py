"""What every function shares: requests and answers, authorisation, logs, secrets, calls of services and of AWS."""
