"""The objects that the ingress is made of, and what is wrong with which of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from local.desired import Object, key_of
from local.errors import LocalError
from local.supervisor.manifests import Objects, RefusedError, entry, find, namespace_of, of_kind, wellformed


@dataclass(frozen=True, kw_only=True)
class Scope:
    objects: Objects
    problems: dict[str, LocalError] = field(default_factory=dict)
    """By object key."""

    def all(self, kind: str) -> list[Object]:
        return [value for _, value in of_kind(self.objects, kind)]

    @contextmanager
    def checking(self, manifest: Object) -> Iterator[None]:
        """Keeps what is wrong with an object as its problem."""
        try:
            with wellformed():
                yield
        except LocalError as problem:
            self.problems[key_of_manifest(manifest)] = problem

    def targets(self, policy: Object, kind: str) -> list[Object]:
        """What a policy is attached to. Raises RefusedError, or MissingError when there is nothing."""
        found = []
        for target in target_refs(policy):
            if target["kind"] != kind:
                raise RefusedError(f"A {policy['kind']} targets a {kind} here, not a {target['kind']}.")
            found.append(find(self.objects, kind, namespace_of(policy), target["name"]))
        return found

    def referred(self, reference: Object, owner: Object, *kinds: str) -> Object:
        """The object of `owner`'s namespace that a reference names; its kind is the first one unless it says so."""
        kind, namespace = reference.get("kind", kinds[0]), namespace_of(owner)
        if kind not in kinds:
            raise RefusedError(f"A reference to a {kind} is not supported here; it must be a {' or '.join(kinds)}.")
        if reference.get("namespace", namespace) != namespace:
            raise RefusedError(f"The reference to {kind} {reference['name']!r} leaves the namespace {namespace!r}.")
        return find(self.objects, kind, namespace, reference["name"])

    def authorities(self, references: Sequence[Object], owner: Object) -> str:
        """The certificates under `ca.crt` of ConfigMaps and Secrets, as one PEM text."""
        holders = [self.referred(reference, owner, "ConfigMap", "Secret") for reference in references]
        return "\n".join(entry(holder, "ca.crt").decode() for holder in holders)


def key_of_manifest(manifest: Object) -> str:
    return key_of(manifest["kind"], manifest["metadata"].get("namespace", ""), name_of(manifest))


def name_of(manifest: Object) -> str:
    return str(manifest["metadata"]["name"])


def target_refs(policy: Object) -> list[Object]:
    return list(policy["spec"].get("targetRefs") or [policy["spec"]["targetRef"]])
