"""Signs a POST by AWS Signature Version 4, so that one call of an AWS API needs no SDK.

https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from urllib.parse import urlsplit


def sign(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    service: str,
    region: str,
    credentials: Mapping[str, str],
    now: float | None = None,
) -> dict[str, str]:
    """Returns the headers for a POST of `body` to `url`, whose path is `/` and which has no query.

    `credentials` are the runtime's environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, if temporary,
    AWS_SESSION_TOKEN. `now` is in seconds since the epoch.
    """
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    signed = {name.lower(): value.strip() for name, value in headers.items()}
    signed |= {"host": urlsplit(url).netloc, "x-amz-date": moment}
    if token := credentials.get("AWS_SESSION_TOKEN"):
        signed["x-amz-security-token"] = token
    names = ";".join(sorted(signed))
    canonical_headers = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    canonical = f"POST\n/\n\n{canonical_headers}\n{names}\n{hashlib.sha256(body).hexdigest()}"

    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = b"AWS4" + credentials["AWS_SECRET_ACCESS_KEY"].encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    credential = f"{credentials['AWS_ACCESS_KEY_ID']}/{scope}"
    signature = _hmac(key, text).hex()
    authorization = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return {**signed, "authorization": authorization}


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
