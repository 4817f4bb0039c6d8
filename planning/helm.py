"""A Helm chart of a stack's services: the manifests of `render`, with values in the places that releases change.

Templates hold expressions of one form, `{{ .Values.path | function | … }}`, each in the place of a whole text or number
or within a name. docs/helm.md says what is in the chart, and what stays outside of it.
"""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planning.errors import PlanningError
from planning.manifests import Manifest, as_yaml
from planning.render import Rendered, refuse_unless_empty

_SECRET = "Secret"  # noqa: S105 - a kind
_IMAGE = r"^[^@\s]+@sha256:[0-9a-f]{64}$"
_QUOTED = re.compile(r"'(\{\{[^']*\}\})'")
"""An expression as YAML quotes it. Helm writes its value with the quotes that it needs (`toJson`)."""
_DIGITS = re.compile(r"(-[0-9a-f]{8}){2}(?=\.yaml$)")
"""The digits in the name of a migrations' Job, which another image changes: a template's file keeps its name."""
_CERTIFICATE, _CLIENT = "crosscloud/certificate", "azure.workload.identity/client-id"
"""The annotations with the fingerprint of a certificate, and with the identity that a service account stands for."""
_HEADER = """\
# The services of the stack {stack}. The places of images, identities and authorities have stand-ins: give those of a
# deployment in a file of your own (helm upgrade --values).
#
# authorities               certificates of the authorities that signed the pods' certificates, PEM
# host                      the ingress's name, which the routes answer to
# services.NAME.
#   stable.image            image of the pods, by digest; canary.image is that of a canary's pods
#   stable.weight           part of the calls that these pods get, of the sum of all weights
#   certificate             another text rolls the pods, as after a change of the Secret with their certificate
#   clientId, principalId   the Azure identity of the pods: its client id, and its id in Entra
#   migrations.image        image whose migrations run; empty: the newest of those above
#   migrations.database     another text runs the migrations again, as after a change of a Secret with a URL
#   migrations.clientId     the client id of the Azure identity that migrates
#   replicas.min, .max      pods of each image, at least and at most
#   resources               processor and memory of a pod
#
# The chart has no Secret. These must be in the namespace before:
{secrets}
"""


@dataclass(kw_only=True)
class _Values:
    """The values of a chart, as templates name them."""

    tree: dict[str, Any] = field(default_factory=dict)

    def take(self, path: str, value: Any) -> str:
        """Adds a value and returns the expression for it. Raises PlanningError when it has two values."""
        *groups, last = path.split(".")
        node = self.tree
        for group in groups:
            node = node.setdefault(group, {})
        if node.setdefault(last, value) != value:
            raise PlanningError(f"The chart has one value {path}, but the stack has both {node[last]!r} and {value!r}.")
        return f".Values.{path}"


def write_chart(objects: list[Rendered], target: Path, *, root: Path, stack: str) -> list[Path]:
    """Writes a chart of the services among the objects of a stack, and returns its templates.

    `target` must be new or empty. The project in the folder `root` gives the chart its name and version. Raises
    PlanningError.
    """
    refuse_unless_empty(target)
    rendered, values = [each for each in objects if each.service], _Values()
    canaries = {each.service for each in rendered if _track(each.manifest) == "canary"}
    secrets = [each.manifest for each in rendered if each.manifest["kind"] == _SECRET]
    templates = {
        _DIGITS.sub("", each.file_name): _template(each, "canary" if each.service in canaries else "stable", values)
        for each in rendered
        if each.manifest not in secrets
    }
    folder = target / "templates"
    folder.mkdir(parents=True)
    (target / "Chart.yaml").write_text(as_yaml(_chart(root, stack)))
    header = _HEADER.format(stack=stack, secrets="\n".join(_described(secrets)))
    (target / "values.yaml").write_text(f"{header}\n{as_yaml(values.tree)}")
    (target / "values.schema.json").write_text(json.dumps(_schema(values.tree), indent=1) + "\n")
    for name, text in templates.items():
        (folder / name).write_text(text)
    return [folder / name for name in templates]


def _chart(root: Path, stack: str) -> Manifest:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    return {
        "apiVersion": "v2",
        "name": project["name"],
        "description": f"The services of the stack {stack}: {project['description']}",
        "type": "application",
        "version": project["version"],
        "appVersion": project["version"],
    }


def _described(secrets: Iterable[Manifest]) -> Iterator[str]:
    """Yields a line for each Secret: its name and the names of what it holds, never what that is."""
    for secret in secrets:
        yield f"#   {secret['metadata']['name']}: {', '.join(sorted(secret['stringData']))} ({secret['type']})"


def _track(manifest: Manifest) -> str | None:
    """Returns which of a service's versions the pods of a Deployment are."""
    return manifest["metadata"]["labels"]["track"] if manifest["kind"] == "Deployment" else None


def _template(rendered: Rendered, newest: str, values: _Values) -> str:
    """Returns the template of an object, and adds its values. `newest` is the track with the newest image."""
    if "{{" in json.dumps(rendered.manifest):
        raise PlanningError(f"{rendered.file_name} has {{{{ in it, which Helm would take for an expression of its own.")
    manifest, service = copy.deepcopy(rendered.manifest), f"services.{rendered.service}"
    match manifest["kind"]:
        case "ConfigMap":
            _put(manifest["data"], "ca.crt", values.take("authorities", manifest["data"]["ca.crt"]))
        case "Deployment":
            _deployment(manifest, service, values)
        case "HorizontalPodAutoscaler":
            for key, size in (("minReplicas", "min"), ("maxReplicas", "max")):
                _put(manifest["spec"], key, values.take(f"{service}.replicas.{size}", manifest["spec"][key]))
        case "HTTPRoute":
            _route(manifest, str(rendered.service), values)
        case "Job":
            _migrations(manifest, service, newest, values)
        case "ServiceAccount":
            annotations, pods = manifest["metadata"]["annotations"], manifest["metadata"]["name"] == rendered.service
            path = f"{service}.clientId" if pods else f"{service}.migrations.clientId"
            _put(annotations, _CLIENT, values.take(path, annotations[_CLIENT]))
    return _QUOTED.sub(r"\1", as_yaml(manifest))


def _put(holder: Any, key: Any, expression: str) -> None:
    holder[key] = f"{{{{ {expression} | toJson }}}}"


def _deployment(manifest: Manifest, service: str, values: _Values) -> None:
    track, template = _track(manifest), manifest["spec"]["template"]
    (container,) = template["spec"]["containers"]
    annotations = template["metadata"]["annotations"]
    _put(container, "image", values.take(f"{service}.{track}.image", container["image"]))
    _put(annotations, _CERTIFICATE, values.take(f"{service}.certificate", annotations[_CERTIFICATE]))
    for kind, amounts in container["resources"].items():
        for unit, amount in amounts.items():
            _put(amounts, unit, values.take(f"{service}.resources.{kind}.{unit}", amount))


def _route(manifest: Manifest, service: str, values: _Values) -> None:
    hosts = manifest["spec"]["hostnames"]
    _put(hosts, 0, values.take("host", hosts[0]))
    for rule in manifest["spec"]["rules"]:
        for backend in rule["backendRefs"]:
            track = backend["name"].removeprefix(service).removeprefix("-") or "stable"
            _put(backend, "weight", values.take(f"services.{service}.{track}.weight", backend["weight"]))


def _migrations(manifest: Manifest, service: str, newest: str, values: _Values) -> None:
    """Puts the image into the Job and its name: a Job can't be changed, so that another image is another Job."""
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    stem, _, database = manifest["metadata"]["name"].rsplit("-", 2)
    image = f"{values.take(f'{service}.migrations.image', '')} | default .Values.{service}.{newest}.image"
    _put(container, "image", image)
    for variable in container["env"]:
        if variable["name"] == "SERVICE_PRINCIPAL_ID":
            _put(variable, "value", values.take(f"{service}.principalId", variable["value"]))
    of_database = values.take(f"{service}.migrations.database", database)
    manifest["metadata"]["name"] = f"{stem}-{{{{ {image} | sha256sum | trunc 8 }}}}-{{{{ {of_database} }}}}"


def _schema(value: Any, path: str = "") -> Manifest:
    """Returns the JSON schema by which Helm refuses a value that is unknown, of another type, or no image by digest."""
    if isinstance(value, dict):
        return {
            "type": "object",
            "additionalProperties": False,
            "required": list(value),
            "properties": {key: _schema(each, f"{path}.{key}") for key, each in value.items()},
        }
    if isinstance(value, int):
        return {"type": "integer", "minimum": 0}
    if path.endswith(".migrations.image"):
        return {"type": "string", "pattern": f"^$|{_IMAGE}"}
    return {"type": "string", "pattern": _IMAGE} if path.endswith(".image") else {"type": "string", "minLength": 1}
