"""Serves the billing service: `python -m app.services.billing`. `kit/settings.py` reads its settings."""

from app.services.billing.api import create
from app.services.kit import server

if __name__ == "__main__":
    server.run(create)
