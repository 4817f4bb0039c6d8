"""`python -m tests.bench.serve APPLICATION`: one of the applications under the services' server, configured as a pod.

Without TLS, which costs both sides of every ratio the same and would bring it closer to 1.
"""

from __future__ import annotations

import os
import sys

from app.services.kit import logs, server
from app.services.kit.settings import Settings
from tests.bench.applications import APPLICATIONS

if __name__ == "__main__":
    settings = Settings.from_environment(os.environ)
    logs.configure(service=settings.service, level=settings.log_level, pod=settings.pod)
    made = server.server(APPLICATIONS[sys.argv[1]](settings), settings)
    made.config.ssl_certfile = made.config.ssl_keyfile = None
    made.run()
