"""The tools on this machine and their versions, as docs/deploy.md lists them (a test holds the page to this)."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from delivery.preflight.ask import Ask, Json
from delivery.preflight.check import Check, Deployment
from delivery.preflight.finding import Finding, failed, passed, warned
from delivery.preflight.unanswered import FOR_GITHUB, Why, reason, unanswered

SECTION = "docs/deploy.md, section 1"


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A command-line tool."""

    name: str
    least: str
    """The oldest version that is good enough."""
    version: Callable[[Ask], str]
    """Asks the tool for its version, and returns what it prints about it."""


def _printed(*command: str, behind: str = "") -> Callable[[Ask], str]:
    """Returns a function that finds the version behind a text in what a command prints."""

    def version(ask: Ask) -> str:
        found = re.search(rf"{behind}v?(\d+(?:\.\d+)*)", ask.text(*command))
        if not found:
            raise ValueError(f"`{' '.join(command)}` prints no version behind {behind!r}")
        return found[1]

    return version


def docker(ask: Ask) -> Json:
    """Returns what Docker says of itself and of its engine, which it also prints when there is no engine."""
    command = ("docker", "version", "--format", "{{json .}}")
    done = ask.done(*command)
    if not done.out.startswith("{"):
        raise unanswered(Why.UNREADABLE if not done.status else reason(done.err), command, done.err)
    return ask.read(command, done.out)


TOOLS = (
    Tool(name="pulumi", least="3.272.0", version=_printed("pulumi", "version")),
    Tool(name="aws", least="2", version=_printed("aws", "--version", behind="aws-cli/")),
    Tool(name="az", least="2.60", version=lambda ask: str(ask.json("az", "version", "--output", "json")["azure-cli"])),
    # A tool of the same name logs in to other clusters; only Azure's prints this line.
    Tool(name="kubelogin", least="0.2.19", version=_printed("kubelogin", "--version", behind="git hash: ")),
    Tool(name="docker", least="23", version=lambda ask: str(docker(ask)["Client"]["Version"])),
    Tool(name="gh", least="2", version=_printed("gh", "--version", behind="gh version ")),
    Tool(name="jq", least="1.6", version=_printed("jq", "--version", behind="jq-")),
)


def of_tool(tool: Tool, deployment: Deployment) -> Finding:
    """Compares the version of a tool with the least."""
    version = tool.version(deployment.ask)
    if numbers(version) >= numbers(tool.least):
        return passed(f"{tool.name} {version}")
    verdict = warned if tool.name in FOR_GITHUB else failed
    return verdict(f"{tool.name} is {version}; {tool.least} or newer is needed.", f"install a newer one ({SECTION})")


def python(deployment: Deployment) -> Finding:
    """Compares this Python with that of the functions, whose zip holds byte code when they are the same."""
    runtimes = {each["runtime"] for each in deployment.needs.all("aws:lambda/function:Function")}
    own = "python{}.{}".format(*deployment.python)
    if runtimes <= {own}:
        return passed(f"Python {own.removeprefix('python')}, as the functions")
    wanted = min(runtimes)
    return warned(
        f"Python is {own.removeprefix('python')}, and the functions have {', '.join(sorted(runtimes))}: their zip "
        "holds no byte code, and cold starts compile.",
        f"make install PYTHON={wanted} ({SECTION})",
    )


def engine(deployment: Deployment) -> Finding:
    """Looks for the engine that builds the services' images."""
    server = docker(deployment.ask).get("Server")
    if not server:
        return failed(
            "Docker's engine does not answer, so that no image can be built.",
            "start Docker, or set DOCKER_HOST to an engine",
        )
    if server["Os"] != "linux":
        return failed(f"Docker's engine builds images for {server['Os']}, not for linux.", "switch to Linux containers")
    least = next(tool.least for tool in TOOLS if tool.name == "docker")
    if numbers(server["Version"]) < numbers(least):
        return failed(
            f"Docker's engine is {server['Version']}; {least} or newer has BuildKit.", f"update it ({SECTION})"
        )
    return passed(f"an engine {server['Version']} builds for {server['Os']}/{server['Arch']}")


def numbers(version: str) -> tuple[int, ...]:
    """Returns a version as numbers that can be compared; a version that names less is older."""
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("-")[0]))


CHECKS = (
    Check(name="tools.python", look=python),
    *(Check(name=f"tools.{tool.name}", look=functools.partial(of_tool, tool)) for tool in TOOLS),
    Check(name="images.engine", look=engine),
)
