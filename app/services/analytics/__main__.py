"""`python -m app.services.analytics` serves the analytics service; the environment has its settings
(`kit/settings.py`)."""

from app.services.analytics.api import create
from app.services.kit import server

if __name__ == "__main__":
    server.run(create)
