"""`python -m tests.bench.serve APPLICATION` runs an application under the server of the services, configured as a pod.

There is no TLS, because it costs both sides of a ratio the same and would bring every ratio closer to 1.
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
    service = server.server(APPLICATIONS[sys.argv[1]](settings), settings)
    service.config.ssl_certfile = service.config.ssl_keyfile = None
    service.run()
