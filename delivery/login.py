"""Logs in to both clouds anew, with a fresh token of the workflow's job.

A delivery in steps outlives its tokens: those of Azure end after about an hour, and az can't renew them, because the
token of GitHub's by which it logged in lives for minutes (https://github.com/Azure/login/issues/372). A job may ask for
another token whenever it likes.
https://docs.github.com/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

import urllib3

from delivery.commands import DeliveryError, Run, answer_of, parsed

LogIn = Callable[[], None]
"""Logs in to both clouds. Raises DeliveryError."""

SECONDS = 7200
"""Seconds for which the credentials of AWS are good; the role must allow as many (docs/deploy.md)."""
AWS_AUDIENCE, AZURE_AUDIENCE = "sts.amazonaws.com", "api://AzureADTokenExchange"
"""The audiences of GitHub's tokens for the two clouds."""
SCOPES = (
    "https://management.core.windows.net/",
    "6dae42f8-4368-4678-94ff-3960e28e3630",  # the API servers of clusters
    "https://prometheus.monitor.azure.com",
)
"""The resources for which tokens of Azure are fetched at once, while GitHub's token is good; az keeps each for about an
hour."""
_URL, _TOKEN = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
_NEEDED = (_TOKEN, "AWS_ROLE", "AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_SUBSCRIPTION_ID")
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AccessKeyId",
    "AWS_SECRET_ACCESS_KEY": "SecretAccessKey",
    "AWS_SESSION_TOKEN": "SessionToken",
}
"""The members of STS's answer by environment variable."""

Fetch = Callable[[str, str], str]
"""Returns the body of a URL's answer, which is asked for with a bearer token. Raises DeliveryError."""


def fetch(url: str, bearer: str) -> str:
    """Returns the answer of GitHub's issuer. Raises DeliveryError."""
    try:
        answer = urllib3.request("GET", url, headers={"Authorization": f"Bearer {bearer}"}, timeout=10.0, retries=3)
    except urllib3.exceptions.HTTPError as error:
        raise DeliveryError(f"GitHub's issuer of tokens does not answer: {type(error).__name__}.") from None
    if answer.status != 200:
        raise DeliveryError(f"GitHub's issuer of tokens answered with {answer.status}.")
    return answer.data.decode()


@dataclass(frozen=True, kw_only=True)
class GitHubLogIn:
    """Logs in as the job of a workflow."""

    variables: MutableMapping[str, str]
    """The environment: it says who logs in, and gets the credentials of AWS for the commands that follow."""
    run: Run
    """Runs the command lines of the clouds."""
    fetch: Fetch = fetch
    """Asks GitHub's issuer."""

    def __call__(self) -> None:
        """Logs in again where that is due: a `LogIn`."""
        with tempfile.TemporaryDirectory() as folder:
            # As an argument every process of the machine would see a token.
            self._aws(self._token(Path(folder) / "aws", AWS_AUDIENCE))
            self._azure(self._token(Path(folder) / "azure", AZURE_AUDIENCE))

    def _token(self, file: Path, audience: str) -> Path:
        """Writes a fresh token of GitHub's into a file that nobody else reads."""
        told = self.fetch(f"{self.variables[_URL]}&audience={audience}", self.variables[_TOKEN])
        file.touch(mode=0o600)
        file.write_text(parsed(told, "GitHub's issuer of tokens")["value"])
        return file

    def _aws(self, token: Path) -> None:
        command = ["aws", "sts", "assume-role-with-web-identity", "--role-arn", self.variables["AWS_ROLE"]]
        command += ["--role-session-name", "delivery", "--web-identity-token", f"file://{token}"]
        command += ["--duration-seconds", str(SECONDS), "--output", "json"]
        credentials = answer_of(self.run, command)["Credentials"]
        self.variables.update({variable: credentials[member] for variable, member in _CREDENTIALS.items()})

    def _azure(self, token: Path) -> None:
        client, tenant = self.variables["AZURE_CLIENT_ID"], self.variables["AZURE_TENANT_ID"]
        command = ["az", "login", "--service-principal", "--username", client, "--tenant", tenant]
        self.run([*command, "--federated-token", f"@{token}", "--output", "none"])
        self.run(["az", "account", "set", "--subscription", self.variables["AZURE_SUBSCRIPTION_ID"]])
        for scope in SCOPES:
            self.run(["az", "account", "get-access-token", "--resource", scope, "--output", "none"])


def log_in(variables: MutableMapping[str, str], run: Run) -> LogIn:
    """Returns what logs in anew: in a job of a workflow as that job; elsewhere it leaves the shell's own log-in alone.

    Raises DeliveryError when the job does not say as whom.
    """
    if _URL not in variables:
        return _stay
    if missing := missing_of(variables):
        raise DeliveryError(f"Set {', '.join(missing)}: the job logs in anew before each step.")
    return GitHubLogIn(variables=variables, run=run)


def missing_of(variables: Mapping[str, str]) -> list[str]:
    """Returns the variables that a job has to set and has not."""
    return [name for name in _NEEDED if not variables.get(name)]


def _stay() -> None:
    """Does nothing: a person has logged in, and will again when it is over."""
