"""References between the ingress's objects, and what is wrong with which object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from local.desired import Object
from local.errors import LocalError
from local.kubernetes.manifests import (
    Objects,
    RefusedError,
    entry,
    find,
    key_of_manifest,
    name_of,
    namespace_of,
    of_kind,
    wellformed,
)


@dataclass(frozen=True, kw_only=True)
class References:
    """All objects, with the problems that are known of them; an object with a problem can't be referred to."""

    objects: Objects
    problems: dict[str, LocalError]
    """The problems that keep objects from taking effect, by the objects' keys."""

    def all(self, kind: str) -> list[Object]:
        return [value for _, value in of_kind(self.objects, kind)]

    def sound(self, kind: str) -> Iterator[Object]:
        """Yields the objects of a kind that have no problem yet."""
        return (manifest for manifest in self.all(kind) if key_of_manifest(manifest) not in self.problems)

    @contextmanager
    def checking(self, manifest: Object) -> Iterator[None]:
        """Keeps what is wrong with an object as its problem."""
        try:
            with wellformed():
                yield
        except LocalError as problem:
            self.problems[key_of_manifest(manifest)] = problem

    def require(self, manifest: Object) -> Object:
        """Returns the object, or raises its problem."""
        if problem := self.problems.get(key_of_manifest(manifest)):
            raise type(problem)(f"{manifest['kind']} {name_of(manifest)!r}: {problem}")
        return manifest

    def find(self, kind: str, namespace: str, name: str) -> Object:
        """Returns an object without problems. Raises RefusedError, MissingError."""
        return self.require(find(self.objects, kind, namespace, name))

    def targets(self, policy: Object) -> list[Object]:
        """Returns the objects that a policy is attached to. Raises MissingError."""
        return [self.find(t["kind"], namespace_of(policy), t["name"]) for t in policy["spec"]["targetRefs"]]

    def policy(self, kind: str, target: Object, section: str | None = None) -> Object | None:
        """Returns the policy of that kind for an object, or for a section of it. Raises RefusedError, MissingError."""
        attachment = target["kind"], namespace_of(target), name_of(target), section
        policies = [
            policy
            for policy in self.all(kind)
            for t in policy["spec"]["targetRefs"]
            if (t["kind"], namespace_of(policy), t["name"], t.get("sectionName")) == attachment
        ]
        if len(policies) > 1:
            raise RefusedError(f"{target['kind']} {name_of(target)!r} has more than one {kind}.")
        return self.require(policies[0]) if policies else None

    def authorities(self, references: Sequence[Object], namespace: str) -> str:
        """Returns the certificates under `ca.crt` of ConfigMaps as one PEM text."""
        holders = [self.find("ConfigMap", namespace, reference["name"]) for reference in references]
        return "\n".join(entry(holder, "ca.crt").decode() for holder in holders)
