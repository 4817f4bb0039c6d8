"""Pulumi providers that make nothing: a real engine attaches to them, and they answer as the tests' clouds do."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import (
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
)

from planning.wire import Wire, decode, encode, plain
from tests.support.clouds import ANSWERS, MAPPED, computed

PACKAGES = ("aws", "azure-native", "docker", "kubernetes", "random", "tls")
MEGABYTES = 1024 * 1024
_OPTIONS = [("grpc.max_receive_message_length", 400 * MEGABYTES)]  # as the SDK and the engine set it
FUNCTION, IMAGE = "aws:lambda/function:Function", "docker:index/image:Image"


@dataclass(kw_only=True)
class Cloud:
    """The existing resources, by URN and id, and the number of changes of each. Shared by all providers."""

    folder: Path
    """The checkout, in which the images' sources are."""
    existing: dict[tuple[str, str], Wire] = field(default_factory=dict)
    versions: dict[str, Iterator[int]] = field(default_factory=dict)
    by_hand: dict[str, Wire] = field(default_factory=dict)
    """The inputs that somebody has changed by hand, by URN: a read shows them, until an update takes them back."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """The words that the cloud says instead of an answer when it is asked for a resource, by URN."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def context_digest(self, context: str) -> str:
        """Returns the digest of a build context, as pulumi-docker puts it into the inputs."""
        digest = hashlib.sha256()
        for file in sorted((self.folder / context).rglob("*")):
            if file.is_file():
                digest.update(f"{file.relative_to(self.folder)}".encode() + file.read_bytes())
        return digest.hexdigest()

    def outputs(self, urn: str, inputs: Wire) -> tuple[str, Wire]:
        """Returns the id and the outputs of a resource that was created or changed now."""
        type_, name = urn.split("::")[2].rpartition("$")[2], urn.rpartition("::")[2]
        outputs = computed(type_, name, plain(inputs))
        with self.lock:
            version = next(self.versions.setdefault(urn, itertools.count(1)))
        if type_ == FUNCTION:
            outputs["version"] = str(version)
        if type_ == IMAGE:
            repository = plain(inputs)["imageName"].rpartition(":")[0]
            outputs["repoDigest"] = f"{repository}@sha256:{plain(inputs)['build']['contextDigest']}"
        return str(outputs.pop("id", f"{name}-{version}")), {**_returned(inputs), **outputs}


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One package's provider. A change of any input is an update in place."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802 - the RPC's name, as all below
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True, accept_outputs=True)

    def Attach(self, request: Any, context: Any) -> Any:  # noqa: N802
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        return plugin_pb2.PluginInfo(version="1.0.0")

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return _difference(request)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=True, acceptOutputs=True
        )

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        if f"{IMAGE}::" not in request.urn:
            return provider_pb2.CheckResponse(inputs=request.news)
        inputs = decode(request.news)
        digest = self._cloud.context_digest(plain(inputs)["build"]["context"])
        return provider_pb2.CheckResponse(
            inputs=encode({**inputs, "build": {**inputs["build"], "contextDigest": digest}})
        )

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        return _difference(request)

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        if request.preview:
            return provider_pb2.CreateResponse(id="", properties=encode(_returned(decode(request.properties))))
        id_, outputs = self._cloud.outputs(request.urn, decode(request.properties))
        with self._cloud.lock:
            self._cloud.existing[request.urn, id_] = outputs
        return provider_pb2.CreateResponse(id=id_, properties=encode(outputs))

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        if request.preview:
            return provider_pb2.UpdateResponse(properties=encode(_returned(decode(request.news))))
        _, outputs = self._cloud.outputs(request.urn, decode(request.news))
        with self._cloud.lock:
            self._cloud.existing[request.urn, request.id] = outputs
            self._cloud.by_hand.pop(request.urn, None)
        return provider_pb2.UpdateResponse(properties=encode(outputs))

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        with self._cloud.lock:
            del self._cloud.existing[request.urn, request.id]
        return empty_pb2.Empty()

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        with self._cloud.lock:
            outputs = self._cloud.existing.get((request.urn, request.id))
            changed = self._cloud.by_hand.get(request.urn, {})
            said = self._cloud.unreadable.get(request.urn)
        if said is not None:
            context.abort(grpc.StatusCode.UNKNOWN, said)
        if outputs is None:
            return provider_pb2.ReadResponse()
        inputs = encode({**decode(request.inputs), **changed})
        return provider_pb2.ReadResponse(id=request.id, properties=encode({**outputs, **changed}), inputs=inputs)

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        fields: dict[str, Any] = {"return": encode(ANSWERS[request.tok])}
        return provider_pb2.InvokeResponse(**fields)

    def Construct(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Registers a chart without any object of it."""
        with grpc.insecure_channel(request.monitorEndpoint, options=_OPTIONS) as channel:
            monitor = resource_pb2_grpc.ResourceMonitorStub(channel)  # type: ignore[no-untyped-call]
            component = monitor.RegisterResource(
                resource_pb2.RegisterResourceRequest(
                    type=request.type, name=request.name, parent=request.parent, object=struct_pb2.Struct()
                )
            )
            monitor.RegisterResourceOutputs(
                resource_pb2.RegisterResourceOutputsRequest(urn=component.urn, outputs=struct_pb2.Struct())
            )
        return provider_pb2.ConstructResponse(urn=component.urn)


def _returned(inputs: Wire) -> Wire:
    return {key: value for key, value in inputs.items() if key not in MAPPED}


def _difference(request: Any) -> Any:
    before = decode(request.old_inputs) if request.HasField("old_inputs") else decode(request.olds)
    after = decode(request.news)
    changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    ignored = {path.partition("[")[0].partition(".")[0] for path in request.ignoreChanges}
    changed = [key for key in changed if key not in ignored]
    some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(changes=some if changed else none, diffs=changed)


@contextmanager
def serving(cloud: Cloud, packages: Sequence[str] = PACKAGES) -> Iterator[str]:
    """Serves the packages on loopback and gives the engine's variable PULUMI_DEBUG_PROVIDERS for them."""
    with ExitStack() as stack:
        ports = []
        for package in packages:
            server = grpc.server(ThreadPoolExecutor(max_workers=32), options=_OPTIONS)
            provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(cloud), server)  # type: ignore[no-untyped-call]
            ports.append(f"{package}:{server.add_insecure_port('127.0.0.1:0')}")
            server.start()
            stack.callback(lambda server=server: server.stop(grace=None).wait())
        yield ",".join(ports)
