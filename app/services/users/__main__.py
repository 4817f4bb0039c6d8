"""`python -m app.services.users` serves the users service; the environment has its settings (`kit/settings.py`)."""

from app.services.kit import server
from app.services.users.api import create

if __name__ == "__main__":
    server.run(create)
