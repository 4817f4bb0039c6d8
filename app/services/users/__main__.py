"""Serves the users service: `python -m app.services.users`. `kit/settings.py` reads its settings."""

from app.services.kit import server
from app.services.users.api import create

if __name__ == "__main__":
    server.run(create)
