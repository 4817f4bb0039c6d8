"""Makes a clone's `.local` folder: ports, the endpoint's certificate and CA, the issuer's key."""

from __future__ import annotations

import datetime as dt
import json
import random
from dataclasses import asdict
from ipaddress import ip_network
from pathlib import Path

from cryptography import x509

from local.errors import LocalError
from local.free_ports import PORT_RANGE, is_free
from local.issuer import key_set
from local.machine import Machine, Ports, write_json, write_text
from planning.certificates import Issuer, Leaf, common_name, general_names, issue, key_pem, new_key, pem

PREFERRED_ENDPOINT = 8443
"""The endpoint's TCP port where it is free and none is chosen."""
LONGEST_NAME = 64
"""Characters of a common name (RFC 5280, appendix A.1)."""
HOURS = 397 * 24
"""Validity of the endpoint's certificate and its authority: browsers accept no longer one
(CA/Browser Forum Baseline Requirements, 6.3.2, before March 2026)."""
RENEW_BEFORE = dt.timedelta(days=30)
"""Time before its end at which the certificate is renewed."""


def open_machine(root: Path, *, endpoint_port: int | None = None, create: bool = True) -> Machine:
    """Returns the machine of the clone at `root`. With `create`, ports and files are made where they are missing.

    Raises LocalError when there is none and `create` is false, or when its files are damaged.
    """
    home = root / ".local"
    file = home / "ports.json"
    if file.exists():
        ports = _read_ports(file)
    elif create:
        ports = choose_ports(endpoint_port)
    else:
        raise LocalError("There is no local stack here yet. Start it with `make up`.")
    if endpoint_port is not None and (ports.endpoint != endpoint_port or not file.exists()):
        ports = Ports(**{**asdict(ports), "endpoint": _usable(endpoint_port, ports)})
    machine = Machine(root=root, home=home, ports=ports)
    if create:
        _prepare(machine)
    return machine


def _usable(port: int, ports: Ports) -> int:
    """Returns a port that somebody chose for the endpoint. Raises LocalError when it can't be had."""
    others = {name: number for name, number in asdict(ports).items() if name != "endpoint"}
    if port not in range(1, 65536) or port in others.values() or not is_free(port):
        taken = ", ".join(f"{number} by its {name}" for name, number in others.items())
        raise LocalError(
            f"PORT must be a free TCP port of this machine, from 1 to 65535, that the stack does not use itself "
            f"({taken}), not {port}. Nothing is changed."
        )
    return port


def _read_ports(file: Path) -> Ports:
    try:
        return Ports(**json.loads(file.read_text()))
    except (ValueError, TypeError) as error:
        raise LocalError(f"{file} is damaged. Start afresh with `make down PURGE=1`.") from error


def choose_ports(endpoint: int | None) -> Ports:
    """Returns five free ports; the endpoint's is `endpoint`, or 8443 where that is free."""
    free = [port for port in random.sample(PORT_RANGE, 100) if is_free(port)][:5]
    if len(free) < 5:
        raise LocalError(f"Five of 100 TCP ports in {PORT_RANGE} on 127.0.0.1 must be free; {len(free)} are.")
    first = endpoint or (PREFERRED_ENDPOINT if is_free(PREFERRED_ENDPOINT) else free[0])
    return Ports(endpoint=first, ingress=free[1], issuer=free[2], emulator=free[3], postgres=free[4])


def _prepare(machine: Machine) -> None:
    for folder in (machine.home, machine.run, machine.logs, machine.data, machine.pki, machine.objects, machine.images):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_json(machine.home / "ports.json", asdict(machine.ports))
    _ensure_endpoint_certificate(machine)
    key_set(machine)


def _ensure_endpoint_certificate(machine: Machine) -> None:
    """Makes `ca.crt`, `pki/endpoint.crt` and its key, and makes them anew a month before they end.

    The authority's key is never written: who trusts `ca.crt` in a browser trusts this one certificate, of this machine.
    """
    certificate, key_of_old_stacks = machine.pki / "endpoint.crt", machine.pki / "ca.key"
    if certificate.exists() and not key_of_old_stacks.exists():
        leaf = x509.load_pem_x509_certificate(certificate.read_bytes())
        if leaf.not_valid_after_utc - dt.datetime.now(dt.UTC) > RENEW_BEFORE:
            return
    certificate.unlink(missing_ok=True)  # written last: without it, all of them are made again
    key, authority = new_key(), new_authority(machine.root.name)
    issued = issue(
        Leaf(
            subject=common_name("localhost"),
            names=general_names(dns=["localhost"], addresses=["127.0.0.1", "::1"]),
            hours=HOURS,
            uses={"digital_signature", "server_auth"},
        ),
        key.public_key(),
        authority,
    )
    write_text(machine.home / "ca.crt", pem(authority.certificate))
    write_text(machine.pki / "endpoint.key", key_pem(key))
    write_text(certificate, pem(issued))
    key_of_old_stacks.unlink(missing_ok=True)


def new_authority(clone: str) -> Issuer:
    """Returns an authority that may sign for this machine alone."""
    key = new_key()
    content = Leaf(
        subject=common_name(f"crosscloud local stack {clone}"[:LONGEST_NAME]),
        names=(),
        hours=HOURS,
        uses={"cert_signing", "crl_signing"},
        is_ca=True,
        permitted=[x509.DNSName("localhost"), *(x509.IPAddress(ip_network(own)) for own in ("127.0.0.1", "::1"))],
    )
    return Issuer(certificate=issue(content, key.public_key(), key), key=key)
