"""azure-native's PostgreSQL servers in a cluster: each is a PostgreSQL of its own, reached by its own service alone."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from jinja2 import Environment, StrictUndefined, Template

from cluster import images
from cluster.api import Api, Object
from cluster.names import DATABASES, SERVICES
from cluster.ownership import is_ours, refuse_others, remove
from cluster.readiness import wait_until_ready
from cluster.target import OWN_POSTGRES
from local.errors import ProviderError
from local.machine import Machine, write_text
from local.provider import Made, Package, Properties, Recorded, Updatable
from local.providers.docker import context_digest
from planning.certificates import Issuer, Leaf, common_name, general_names, issue, key_pem, load_key, new_key, pem
from planning.makers.azure import FUNCTIONS, MAKERS, SUBSCRIPTION

NAMESPACE = DATABASES
"""The namespace of all servers."""
HOURS = 10 * 365 * 24
"""Hours for which the authority and the servers' certificates are valid: as long as a disposable cluster may live."""
_FOLDER = Path(__file__).parent / "postgres"
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def authority(machine: Machine) -> Issuer:
    """Returns the authority of the servers' certificates, which is made once per clone."""
    file, key_file = machine.pki / "databases.crt", machine.pki / "databases.key"
    if not file.exists() or not key_file.exists():
        key = new_key()
        subject, uses = common_name("crosscloud databases"), {"cert_signing", "crl_signing"}
        leaf = Leaf(subject=subject, names=(), hours=HOURS, uses=uses, is_ca=True)
        write_text(key_file, key_pem(key))
        write_text(file, pem(issue(leaf, key.public_key(), key)))
    return Issuer(certificate=x509.load_pem_x509_certificate(file.read_bytes()), key=load_key(key_file.read_text()))


class Server(Updatable):
    """A server with an administrator who may make databases and roles and is no superuser, as on Azure.

    Its data is on a volume where the cluster has a default storage class; else in its pod, and gone with it.
    """

    def __init__(self, machine: Machine, api: Api) -> None:
        self._machine, self._api = machine, api

    def fingerprint(self, inputs: Properties) -> Properties:
        """Returns the chosen image, and the hash of what a server is made from."""
        return {"serverImage": self._api.target.postgres, "serverFiles": _digest()}

    def create(self, name: str, inputs: Properties) -> Made:
        group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{inputs.get('resourceGroupName')}"
        id_ = f"{group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/{name}"
        self._apply(name)
        return Made(id=id_, outputs=self._administered(name, inputs))

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        self._apply(outputs["name"])
        return self._administered(outputs["name"], new)

    def delete(self, id_: str, outputs: Properties) -> None:
        self._remove(outputs["name"])

    def abandon(self, name: str, inputs: Properties) -> None:
        self._remove(name)

    def exists(self, id_: str, outputs: Properties) -> bool:
        resource = self._api.get(_named("apps/v1", "Deployment", outputs["name"]))
        return resource is not None and is_ours(resource)

    def _apply(self, name: str) -> None:
        """Makes a server what its manifests say. Raises ProviderError before anything is made of others' objects."""
        manifests = self._manifests(name)
        for manifest in manifests:
            resource = refuse_others(self._api, manifest)
            if resource is not None and manifest["kind"] == "Secret":  # its process has read the certificate before
                remove(self._api, _named("apps/v1", "Deployment", name))
        for manifest in manifests:
            self._api.apply(manifest)
            wait_until_ready(self._api, manifest)

    def _remove(self, name: str) -> None:
        """Deletes what this stack has made of a server, and with the last one the namespace."""
        kinds = (("apps/v1", "Deployment"), ("v1", "PersistentVolumeClaim"), ("v1", "Service"), ("v1", "Secret"))
        for api_version, kind in (*kinds, ("v1", "ConfigMap"), ("networking.k8s.io/v1", "NetworkPolicy")):
            remove(self._api, _named(api_version, kind, name))
        if not any(map(is_ours, self._api.select("apps/v1", "Deployment", namespace=NAMESPACE))):
            remove(self._api, _named("v1", "Namespace", NAMESPACE))

    def _manifests(self, name: str) -> list[Object]:
        key, host = new_key(), host_of(name)
        secret, issuer = self._api.get(_named("v1", "Secret", name)), authority(self._machine)
        # A certificate that a server already has stays: its processes have read it.
        kept = secret is not None and _is_signed(secret, issuer)
        certificate = issue(
            Leaf(
                subject=common_name(host),
                names=general_names(dns=[host]),
                hours=HOURS,
                uses={"digital_signature", "server_auth"},
            ),
            key.public_key(),
            issuer,
        )
        classes = self._api.select("storage.k8s.io/v1", "StorageClass")
        text = _template().render(
            server=name,
            service=name,
            namespace=NAMESPACE,
            callers=SERVICES,
            certificate=pem(certificate),
            key=key_pem(key),
            start=(_FOLDER / "start.sh").read_text(),
            image=self._image(),
            keeps_data=any((c["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true" for c in classes),
        )
        manifests = [manifest for manifest in yaml.safe_load_all(text) if manifest]
        return [m for m in manifests if not (kept and m["kind"] == "Secret")]

    def _image(self) -> str:
        """Returns the image of the servers, which is built and loaded where it is our own."""
        chosen = self._api.target.postgres
        if chosen != OWN_POSTGRES:
            return chosen
        return images.put(self._api.target, "postgres", _digest()[:16], context=_FOLDER, arguments={})

    def _administered(self, name: str, inputs: Properties) -> Properties:
        """Gives the administrator its role and password, and returns the server's outputs."""
        role, password = inputs["administratorLogin"], inputs["administratorLoginPassword"]
        statements = """
            SELECT format('CREATE ROLE %I', :'role') WHERE to_regrole(:'role') IS NULL \\gexec
            SELECT format('ALTER ROLE %I LOGIN CREATEDB CREATEROLE PASSWORD %L', :'role', :'password') \\gexec
            \\q
        """
        settings = f"\\set role {_quoted(role)}\n\\set password {_quoted(password)}\n\\set ON_ERROR_STOP 1\n"
        servers = self._api.select("v1", "Pod", namespace=NAMESPACE, label_selector=f"server={name}")
        pods = [pod for pod in servers if not pod["metadata"].get("deletionTimestamp")]
        if not pods:
            raise ProviderError(f"The PostgreSQL server {name} has no pod.")
        command = ["sh", "-c", "exec /usr/lib/postgresql/*/bin/psql -X -q -h /tmp -U postgres"]
        self._api.run(NAMESPACE, pods[0]["metadata"]["name"], command, settings + statements)
        return {"name": name, "fullyQualifiedDomainName": host_of(name)}


def host_of(server: str) -> str:
    """Returns the name by which pods of the cluster reach a server."""
    return f"{server}.{NAMESPACE}.svc"


def _is_signed(secret: Object, issuer: Issuer) -> bool:
    """Returns whether a server's certificate is one of this clone's authority."""
    try:
        certificate = x509.load_pem_x509_certificate(b64decode(secret["data"]["tls.crt"]))
        certificate.verify_directly_issued_by(issuer.certificate)
    except (KeyError, ValueError, TypeError, InvalidSignature):
        return False
    return True


def _digest() -> str:
    return context_digest(_FOLDER, sorted(path.name for path in _FOLDER.iterdir() if path.is_file()))


def _quoted(text: str) -> str:
    """Returns a text as psql's own commands take it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _named(api_version: str, kind: str, name: str) -> Object:
    metadata = {"name": name} | ({} if kind == "Namespace" else {"namespace": NAMESPACE})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}


def _template() -> Template:
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701 - no HTML
    return environment.from_string((_FOLDER / "manifests.yaml.jinja").read_text())


def package(machine: Machine, api: Api) -> Package:
    """Returns the package of a cluster: everything but the servers is in memory, as on a machine alone."""
    return Package(
        handlers={
            **{type_: Recorded(make) for type_, make in MAKERS.items()},
            "azure-native:dbforpostgresql:Server": Server(machine, api),
        },
        functions=FUNCTIONS,
    )
