"""Serves the analytics service: `python -m app.services.analytics`. `kit/settings.py` reads its settings."""

from app.services.analytics.api import create
from app.services.kit import server

if __name__ == "__main__":
    server.run(create)
