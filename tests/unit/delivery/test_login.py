"""A delivery that outlives its tokens, as it would in a job of GitHub's."""

from __future__ import annotations

import json
import shlex
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from delivery.canary import STEPS, Canary
from delivery.commands import DeliveryError
from delivery.login import GitHubLogIn, LogIn, log_in
from tests.support.aws_cli import unknown_options
from tests.unit.delivery.played_clouds import Clouds

MINUTE = 60.0
JOB = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://issuer.example/token?version=2",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of the job",
    "AWS_ROLE": "arn:aws:iam::111111111111:role/crosscloud-prod",
    "AZURE_CLIENT_ID": "client",
    "AZURE_TENANT_ID": "tenant",
    "AZURE_SUBSCRIPTION_ID": "subscription",
}


@dataclass(kw_only=True)
class Job:
    """A job, with clouds whose tokens end."""

    clouds: Clouds = field(default_factory=Clouds)
    minutes: float = 25
    """The minutes that an update takes."""
    variables: MutableMapping[str, str] = field(default_factory=lambda: dict(JOB))
    azure_until: float = 0.0
    """The moment from which az has no token any more: it can't renew one."""
    aws_until: dict[str, float] = field(default_factory=dict)
    """The moments at which the credentials end, by access key."""
    logged_in: int = 0
    asked: list[Sequence[str]] = field(default_factory=list)

    def fetch(self, url: str, bearer: str) -> str:
        """Answers as GitHub's issuer; the value says until when the token is good."""
        assert bearer == "of the job"
        (audience,) = parse_qs(urlsplit(url).query)["audience"]
        return json.dumps({"value": f"{audience} {self.clouds.now + 5 * MINUTE}"})

    def run(self, command: Sequence[str]) -> str:
        self.asked.append(command)
        match command:
            case ["aws", "sts", "assume-role-with-web-identity", *options]:
                self._checked(options[options.index("--web-identity-token") + 1].removeprefix("file://"), "sts")
                key = f"key {len(self.aws_until)}"
                seconds = float(options[options.index("--duration-seconds") + 1])
                self.aws_until[key] = self.clouds.now + seconds
                credentials = {"AccessKeyId": key, "SecretAccessKey": "secret", "SessionToken": "session"}
                return json.dumps({"Credentials": credentials})
            case ["az", "login", *options]:
                self._checked(options[options.index("--federated-token") + 1].removeprefix("@"), "AzureAD")
                self.azure_until, self.logged_in = self.clouds.now + 65 * MINUTE, self.logged_in + 1
                return ""
            case ["az", "account", *_]:
                self._require_azure()
                return ""
            case ["pulumi", "up", *_]:
                self.clouds.now += self.minutes * MINUTE
        if command[0] in ("az", "pulumi"):
            self._require_azure()
        if command[0] in ("aws", "pulumi") and self.clouds.now > self.aws_until.get(self._key, 0):
            raise DeliveryError("ExpiredToken")
        return self.clouds.run(command)

    @property
    def _key(self) -> str:
        return self.variables.get("AWS_ACCESS_KEY_ID", "")

    def _require_azure(self) -> None:
        if self.clouds.now > self.azure_until:
            raise DeliveryError("AADSTS700024: Client assertion is not within its valid time range.")

    def _checked(self, file: str, audience: str) -> None:
        assert Path(file).stat().st_mode & 0o077 == 0, "others can read the token"
        name, until = Path(file).read_text().split()
        assert audience in name
        assert self.clouds.now <= float(until)

    def deliver(self, log_in: LogIn) -> None:
        Canary(
            stack="prod",
            run=self.run,
            log_in=log_in,
            guard=lambda: None,
            clock=lambda: self.clouds.now,
            sleep=self.clouds.sleep,
            report=lambda _: None,
        ).deliver()

    @property
    def own(self) -> GitHubLogIn:
        return GitHubLogIn(variables=self.variables, run=self.run, fetch=self.fetch)


def test_a_delivery_of_hours_ends_although_no_token_lasts_so_long() -> None:
    job = Job()
    job.deliver(job.own)
    assert len(job.clouds.ups) == len(STEPS) + 2
    assert job.logged_in > len(job.clouds.ups)


def test_a_return_works_when_all_earlier_tokens_have_ended() -> None:
    job = Job(clouds=Clouds(alarm_after=140 * MINUTE))
    with pytest.raises(DeliveryError, match=r"fired\. The previous orchestrator, users have their calls back"):
        job.deliver(job.own)


def test_with_the_log_in_of_the_job_s_beginning_alone_it_would_not_return() -> None:
    job = Job(clouds=Clouds(alarm_after=50 * MINUTE))
    job.own()
    with pytest.raises(DeliveryError, match=r"THE RETURN FAILED TOO: AADSTS700024"):
        job.deliver(lambda: None)


def test_an_issuer_that_is_away_does_not_keep_a_delivery_from_what_its_tokens_still_allow() -> None:
    job = Job(minutes=10)
    job.own()

    def away() -> None:
        raise DeliveryError("GitHub's issuer of tokens answered with 503.")

    job.clouds.failures = 5
    with pytest.raises(DeliveryError, match=r"of the new version failed.*have their calls back"):
        job.deliver(away)


def test_no_token_is_an_argument_that_others_see() -> None:
    job = Job()
    job.own()
    arguments = [argument for command in job.asked for argument in command]
    assert not [argument for argument in arguments if "sts.amazonaws.com " in argument or "api:" in argument]


def test_what_aws_is_asked_exists() -> None:
    job = Job()
    job.own()
    (command,) = [command for command in job.asked if command[0] == "aws"]
    assert unknown_options(command[1], command[2], shlex.join(command[3:])) == set()


def test_a_person_s_log_in_is_left_alone() -> None:
    def run(command: Sequence[str]) -> str:
        raise AssertionError(command)

    log_in({}, run)()


def test_a_job_that_does_not_say_as_whom_is_refused_before_anything_is_deployed() -> None:
    variables = {name: value for name, value in JOB.items() if name != "AWS_ROLE"}
    with pytest.raises(DeliveryError, match=r"Set AWS_ROLE: the job logs in anew before each step\."):
        log_in(variables, lambda _: "")
