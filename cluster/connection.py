"""The way to the cluster's API server: what a kubeconfig says, with a limit on every wait, and errors as sentences."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import urllib3
from kubernetes import client, config, dynamic
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from kubernetes.dynamic.exceptions import ResourceNotFoundError

from cluster.target import Target
from local.errors import LocalError, ProviderError

CONNECT, READ = 5, 30
"""Seconds until a connection, and until an answer, must be there."""
_STREAMS = ("watch", "follow")
"""Parameters of requests whose answer has no end."""
_NOBODY = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
"""Reasons for which a connection is not made: nobody listens, the name leads nowhere, nothing answers in time."""
_NO_FILE = f"{os.devnull}/none"
"""A path at which no file can be: by default all users share one of a name that anybody can guess, for good."""


class LostError(LocalError):
    """The cluster that has a clone's stack, or what the clone knows of it, can't be had any more."""


class Client(client.ApiClient):
    """A client whose requests end."""

    def call_api(  # type: ignore[no-untyped-def]  # the client's package has no types here
        self, method, url, header_params=None, body=None, post_params=None, _request_timeout=None
    ):
        """Sends a request as the client does, and waits for its answer no longer than is usual."""
        query = parse_qs(urlsplit(url).query)
        if _request_timeout is None and not any(query.get(name, ["false"]) != ["false"] for name in _STREAMS):
            _request_timeout = (CONNECT, READ)
        return super().call_api(method, url, header_params, body, post_params, _request_timeout)


def connect(target: Target) -> Client:
    """Returns a client of the cluster, which has asked it nothing yet.

    Raises LostError when the kubeconfig says nothing that a client could use.
    """
    configuration = client.Configuration()
    configuration.retries = urllib3.Retry(connect=1, read=0)
    try:
        config.load_kube_config(  # type: ignore[no-untyped-call]
            target.kubeconfig, context=target.context, client_configuration=configuration, persist_config=False
        )
        return Client(configuration)
    except (ConfigException, OSError, ValueError, TypeError, KeyError) as error:
        raise LostError(
            f"The context {target.context} in the kubeconfig {target.kubeconfig} can't be used: {error}."
        ) from None


def kinds_of(api: Client) -> dynamic.DynamicClient:
    """Returns the client that finds kinds by asking the cluster, and keeps them for the process alone."""
    return dynamic.DynamicClient(api, cache_file=_NO_FILE)  # type: ignore[no-untyped-call]


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turns errors of the API server and of the way to it into ProviderError."""
    try:
        yield
    except ResourceNotFoundError:
        raise ProviderError(f"{what}: the cluster does not know this kind.") from None
    except ApiException as error:
        raise ProviderError(f"{what}: {_message(error)}") from None
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise ProviderError(f"{what}: the API server can't be reached: {error}") from None


@contextmanager
def answering(target: Target, address: str) -> Iterator[None]:
    """Turns it into one sentence when there is no API server at the address. Raises ProviderError."""
    try:
        yield
    except urllib3.exceptions.MaxRetryError as error:
        if not isinstance(error.reason, _NOBODY):
            raise
        why = f"{error.reason.__cause__ or error.reason}"
    except ValueError:  # of an answer without the members that a version has
        why = "what answers there is none"
    else:
        return
    raise ProviderError(
        f"There is no API server at {address} ({why}), the address of the context {target.context} in the kubeconfig "
        f"{target.kubeconfig}. Check that the cluster runs, and that this is its address: one that was made anew may "
        "have another port."
    )


def _message(error: ApiException) -> str:
    if not error.status:
        return f"the connection failed: {error.reason}"
    try:
        body: Mapping[str, Any] = json.loads(error.body or "")
        return str(body["message"])
    except (ValueError, KeyError, TypeError):
        return f"the API server answered {error.status} {error.reason}"
