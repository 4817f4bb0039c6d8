"""The machine that measures: which process runs on which core, and the name of the processor."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

SERVER_CORE, CLIENT_CORE = 0, 1


def pin(core: int, *processes: psutil.Process) -> None:
    """Keeps processes and their later children on one core. Does nothing where that is impossible."""
    for process in processes or (psutil.Process(),):
        if hasattr(process, "cpu_affinity") and (os.cpu_count() or 1) > 1:
            process.cpu_affinity([core])


@contextmanager
def on_all_cores() -> Iterator[None]:
    """Lets this process, and those that it starts, use every core until the end of the block."""
    process = psutil.Process()
    if not hasattr(process, "cpu_affinity"):
        yield
        return
    before = process.cpu_affinity()
    process.cpu_affinity([])
    try:
        yield
    finally:
        process.cpu_affinity(before)


def cpu_seconds(process: psutil.Process) -> float:
    """Returns the CPU seconds of all threads, to the nanosecond on Linux and in ticks of mostly 10 ms elsewhere."""
    if platform.system() == "Linux":
        return time.clock_gettime(~process.pid << 3 | 2)  # clock_getcpuclockid(3); Python offers it for threads only
    times = process.cpu_times()
    return times.user + times.system


def resident(process: psutil.Process) -> float:
    """Returns the resident megabytes (10^6) of a process, and the unshared ones of its children."""
    children = sum(child.memory_full_info().uss for child in process.children(recursive=True))
    return float(process.memory_info().rss + children) / 1e6


def description() -> str:
    memory = psutil.virtual_memory().total / 2**30
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    return f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {system}"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123 - no file of its own
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
