"""The commands that the checks may run: each of them reads, and none of them prints a secret.

It is a list and no pattern, for `aws secretsmanager get-secret-value` and `az account get-access-token` read too.
"""

from __future__ import annotations

from collections.abc import Sequence

COMMANDS = frozenset(
    tuple(line.split())
    for line in """
    aws --version
    aws acm describe-certificate
    aws cognito-idp describe-user-pool-domain
    aws iam get-role
    aws iam simulate-principal-policy
    aws kms describe-key
    aws lambda get-account-settings
    aws s3api get-bucket-encryption
    aws s3api get-bucket-versioning
    aws s3api head-bucket
    aws sts get-caller-identity
    az account show
    az acr check-name
    az acr show
    az ad app federated-credential list
    az ad app list
    az ad group member check
    az ad group show
    az ad signed-in-user show
    az ad sp show
    az aks get-versions
    az aks show
    az network list-usages
    az network public-ip list
    az postgres flexible-server list
    az postgres flexible-server list-skus
    az provider list
    az rest --method get
    az role assignment list
    az security pricing show
    az version
    az vm list-skus
    az vm list-usage
    curl --silent --fail --max-time 10 https://checkip.amazonaws.com
    docker version
    gh --version
    gh api
    jq --version
    kubelogin --version
    pulumi stack ls
    pulumi version
    pulumi whoami
    """.strip().splitlines()
)
"""The words that a command begins with."""
_WRITING = frozenset({"-X", "--method", "-f", "-F", "--field", "--raw-field", "--input", "--body"})
"""Options by which `gh api` and `az rest` write."""


def is_read_only(command: Sequence[str]) -> bool:
    """Returns whether a command is on the list, and nothing behind its first words makes it write."""
    known = [words for words in COMMANDS if tuple(command[: len(words)]) == words]
    if not known:
        return False
    return command[1] not in ("api", "rest") or _WRITING.isdisjoint(command[len(max(known, key=len)) :])
