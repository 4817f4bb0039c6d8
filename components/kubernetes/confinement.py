"""The limits of every pod of the program: those of Kubernetes' Pod Security Standard `restricted`, and stricter ones.

https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
"""

from __future__ import annotations

import pulumi_kubernetes as k8s

core = k8s.core.v1

USER = 10001
"""User and group id of every process; as in the Dockerfile."""
_TMP = "tmp"


def confined_pod() -> core.PodSecurityContextArgs:
    """Returns the security context of a pod: a plain user, and the system calls of the runtime's default."""
    return core.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=USER,
        run_as_group=USER,
        fs_group=USER,
        seccomp_profile=core.SeccompProfileArgs(type="RuntimeDefault"),
    )


def confined_container() -> core.SecurityContextArgs:
    """Returns the security context of a container: no more rights, and a file system that can't be written."""
    return core.SecurityContextArgs(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=core.CapabilitiesArgs(drop=["ALL"]),
    )


def tmp_volume() -> core.VolumeArgs:
    """Returns the volume of the one folder that can be written."""
    return core.VolumeArgs(name=_TMP, empty_dir=core.EmptyDirVolumeSourceArgs())


def tmp_mount() -> core.VolumeMountArgs:
    """Returns the place of that volume in a container."""
    return core.VolumeMountArgs(name=_TMP, mount_path="/tmp")  # noqa: S108 - a volume of the pod's own


def of_pod(name: str, path: str) -> core.EnvVarArgs:
    """Returns a variable with a field of the pod itself, such as `metadata.name`."""
    field = core.ObjectFieldSelectorArgs(field_path=path)
    return core.EnvVarArgs(name=name, value_from=core.EnvVarSourceArgs(field_ref=field))


def of_secret(name: str, secret: str, key: str) -> core.EnvVarArgs:
    """Returns a variable with a content of a Secret."""
    selected = core.SecretKeySelectorArgs(name=secret, key=key)
    return core.EnvVarArgs(name=name, value_from=core.EnvVarSourceArgs(secret_key_ref=selected))
