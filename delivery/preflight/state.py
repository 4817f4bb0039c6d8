"""The back end of the state: it is there, it has the stack, and nobody reads its secrets without the key."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from delivery.preflight.ask import Json
from delivery.preflight.check import Check, Deployment
from delivery.preflight.finding import Finding, failed, passed, skipped, warned
from delivery.preflight.unanswered import UnansweredError, Why

SECTION = "docs/deploy.md, section 3"


def url(deployment: Deployment) -> str:
    """Returns the URL of the back end that Pulumi is logged in to."""
    return str(deployment.ask.pulumi("whoami")["url"])


def bucket(deployment: Deployment) -> str:
    """Returns the bucket of the state, empty where it is in none."""
    parts = urlsplit(url(deployment))
    return parts.netloc if parts.scheme == "s3" else ""


def _about_the_bucket(deployment: Deployment, question: str) -> Json:
    """Returns what AWS says of the bucket, in the region that the back end's URL names."""
    region = parse_qs(urlsplit(url(deployment)).query).get("region", [deployment.needs.region])[0]
    return deployment.ask.aws("s3api", question, "--bucket", bucket(deployment), region=region)


def key(deployment: Deployment) -> str:
    """Returns the id of the key of the state's secrets, empty where it is none of AWS."""
    return str(_described(deployment)["KeyId"]) if deployment.needs.secrets_provider.startswith("awskms:") else ""


def _described(deployment: Deployment) -> Json:
    """Returns what AWS says of the key of the state's secrets."""
    name, region = _key(deployment)
    return deployment.ask.aws("kms", "describe-key", "--key-id", name, region=region)["KeyMetadata"]


def _key(deployment: Deployment) -> tuple[str, str]:
    """Returns the name and the region in a URL such as `awskms://alias/state?region=eu-central-1`."""
    parts = urlsplit(deployment.needs.secrets_provider)
    return f"{parts.netloc}{parts.path}", parse_qs(parts.query).get("region", [deployment.needs.region])[0]


def reachable(deployment: Deployment) -> Finding:
    """Looks for the bucket of the state."""
    where, name = url(deployment), bucket(deployment)
    if where.startswith("file:"):
        return warned(f"The state is on this machine, {where}: nobody else can deploy.", f"pulumi login ({SECTION})")
    if not name:
        return passed(f"Pulumi is logged in to {where}")
    try:
        _about_the_bucket(deployment, "head-bucket")
    except UnansweredError as error:
        if error.why is Why.ABSENT:
            return failed(f"There is no bucket {name}, where Pulumi looks for the state.", f"make it ({SECTION})")
        if error.why is Why.REFUSED:
            return failed(
                f"Whoever is logged in may not read the bucket {name}, where the state is.", "docs/deploy.md, section 4"
            )
        raise
    return passed(f"the state is in the bucket {name}")


def stack(deployment: Deployment) -> Finding:
    """Looks for the stack in the back end."""
    needs = deployment.needs
    known = {str(each["name"]).rpartition("/")[2]: each for each in deployment.ask.pulumi("stack", "ls")}
    found = known.get(needs.stack)
    if found is None:
        command = f"pulumi stack init {needs.stack} --secrets-provider=… ({SECTION})"
        return failed(f"The back end has no stack {needs.stack}.", command)
    if found.get("updateInProgress"):
        return warned(
            f"The stack {needs.stack} is locked: an update goes on, or one was killed.",
            "wait; if nobody deploys: pulumi cancel (docs/deploy.md, section 7)",
        )
    return passed(f"the stack {needs.stack} has {found.get('resourceCount') or 'no'} resources")


def secrets(deployment: Deployment) -> Finding:
    """Looks for what encrypts the state's secrets."""
    needs = deployment.needs
    if needs.salted:
        return warned(
            "A passphrase encrypts the state's secrets: whoever deploys must know it, and nobody can take it away.",
            f"pulumi stack change-secrets-provider --stack {needs.stack} awskms://… ({SECTION})",
        )
    if needs.secrets_provider.startswith("awskms:"):
        return _of_the_key(deployment)
    if needs.secrets_provider:
        return skipped(f"only keys of AWS are looked at, and the state's is {needs.secrets_provider}")
    if url(deployment).startswith("https:"):
        return passed("the service that has the state encrypts its secrets")
    return failed(
        f"{needs.file} names no key that encrypts the state's secrets.",
        f"commit what `pulumi stack init --secrets-provider` wrote into it ({SECTION})",
    )


def _of_the_key(deployment: Deployment) -> Finding:
    name, region = _key(deployment)
    try:
        described = _described(deployment)
    except UnansweredError as error:
        if error.why is Why.ABSENT:
            return failed(f"There is no key {name} in {region}, which encrypts the state's secrets.", SECTION)
        raise
    if described["KeyState"] != "Enabled":
        return failed(
            f"The key {name} of the state's secrets is {described['KeyState']}.",
            f"aws kms enable-key --key-id {described['KeyId']} --region {region}; if it is to be deleted, first "
            "aws kms cancel-key-deletion",
        )
    return passed(f"the key {name} encrypts the state's secrets")


def encrypted(deployment: Deployment) -> Finding:
    """Looks at the encryption of the bucket, which also holds what is no secret."""
    name = bucket(deployment)
    if not name:
        return skipped("the state is in no bucket of AWS")
    answer = _about_the_bucket(deployment, "get-bucket-encryption")
    rules = answer["ServerSideEncryptionConfiguration"]["Rules"]
    kinds = {rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] for rule in rules}
    if not any(kind.startswith("aws:kms") for kind in kinds):
        return warned(
            f"The bucket {name} is encrypted with S3's own key ({', '.join(sorted(kinds))}): whoever reads the bucket "
            "reads the state, but for its secrets.",
            f"aws s3api put-bucket-encryption ({SECTION})",
        )
    return passed(f"a key of KMS encrypts the bucket {name}")


def versioned(deployment: Deployment) -> Finding:
    """Looks whether an earlier state can be had again."""
    name = bucket(deployment)
    if not name:
        return skipped("the state is in no bucket of AWS")
    if _about_the_bucket(deployment, "get-bucket-versioning").get("Status") != "Enabled":
        return warned(
            f"The bucket {name} keeps no earlier versions: a state that is lost is lost.",
            f"aws s3api put-bucket-versioning --bucket {name} --versioning-configuration Status=Enabled",
        )
    return passed(f"the bucket {name} keeps earlier versions")


CHECKS = (
    Check(name="state.backend", look=reachable),
    Check(name="state.stack", look=stack),
    Check(name="state.secrets", look=secrets),
    Check(name="state.encryption", look=encrypted),
    Check(name="state.versioning", look=versioned),
)
