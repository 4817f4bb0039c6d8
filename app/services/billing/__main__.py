"""`python -m app.services.billing` serves the billing service; the environment has its settings (`kit/settings.py`)."""

from app.services.billing.api import create
from app.services.kit import server

if __name__ == "__main__":
    server.run(create)
