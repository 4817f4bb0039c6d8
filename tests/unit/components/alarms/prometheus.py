"""Evaluates rules of Prometheus with Prometheus' own `promtool test rules`.

https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

VARIABLE = "PROMTOOL"
"""The variable that names the program, where it is not on PATH."""
SCRAPE = 30
"""Seconds from one sample to the next, which Azure's agent takes by default."""
PER_MINUTE = 60 // SCRAPE
BEFORE, LAST = 9, 60
"""The minutes of a story before its trouble begins, and at its end, when it is over."""

Labels = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class RuleStory:
    """Something that happens within an hour, as the cluster's metrics tell it.

    A trouble begins after minute 10, and is over before the end.
    """

    text: str
    """The sentence that says what happens."""
    series: Mapping[str, str]
    """The samples of each series, in promtool's notation."""
    alerts: Sequence[Labels] = ()
    """The labels of the alerts that fire. Default: none does."""
    at: int = LAST
    """The minute at which they fire."""


def promtool() -> str | None:
    """Returns the path of the program, if there is one."""
    return os.environ.get(VARIABLE) or shutil.which("promtool")


def gauge(*parts: tuple[int, float | None]) -> str:
    """Returns the samples of a value that stays the same for minutes. None: nothing is published."""
    return " ".join(
        f"_x{minutes * PER_MINUTE}" if value is None else f"{value:g}x{minutes * PER_MINUTE - 1}"
        for minutes, value in parts
    )


def counter(*parts: tuple[int, float], absent: int = 0, first: float = 0) -> str:
    """Returns the samples of a counter that grows by so much a minute for minutes, after `absent` minutes."""
    lines, value = [f"_x{absent * PER_MINUTE}"] if absent else [], first
    for minutes, a_minute in parts:
        lines.append(f"{value:g}+{a_minute / PER_MINUTE:g}x{minutes * PER_MINUTE - 1}")
        value += a_minute * minutes
    return " ".join(lines)


def objections(program: str, group: Mapping[str, Any], alert: str, stories: Sequence[RuleStory], folder: Path) -> str:
    """Returns what promtool says against the stories about an alert of the group, or nothing."""
    (rule,) = [each for each in group["rules"] if each["alert"] == alert]
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": [_group(group)]}))
    tests = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": _duration(group["interval"]),
        "tests": [_test(rule, story) for story in stories],
    }
    (folder / "tests.yaml").write_text(yaml.safe_dump(tests))
    command = [program, "test", "rules", "tests.yaml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _test(rule: Mapping[str, Any], story: RuleStory) -> dict[str, Any]:
    """Returns a story as a test of promtool: a quiet one is looked at every minute."""
    quiet = [BEFORE, LAST] if story.alerts else range(1, LAST + 1)
    looks = [{"eval_time": f"{minute}m", "alertname": rule["alert"], "exp_alerts": []} for minute in quiet]
    if story.alerts:
        fired = [{"exp_labels": dict(labels), "exp_annotations": rule["annotations"]} for labels in story.alerts]
        looks.append({"eval_time": f"{story.at}m", "alertname": rule["alert"], "exp_alerts": fired})
    return {
        "name": story.text,
        "interval": f"{SCRAPE}s",
        "input_series": [{"series": name, "values": values} for name, values in story.series.items()],
        "alert_rule_test": looks,
    }


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a rule group of Azure as Prometheus writes it."""
    rules = [
        {
            "alert": rule["alert"],
            "expr": rule["expression"],
            "for": _duration(rule["for"]),
            "annotations": rule["annotations"],
        }
        for rule in group["rules"]
    ]
    return {"name": "cluster", "interval": _duration(group["interval"]), "rules": rules}


def _duration(iso: str) -> str:
    """Returns a duration of whole minutes as Prometheus writes it."""
    match = re.fullmatch(r"PT(\d+)M", iso)
    assert match, f"{iso} is no duration of minutes: teach prometheus.py to read it"
    return f"{match[1]}m"
