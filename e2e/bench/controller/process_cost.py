# SPDX-License-Identifier: Apache-2.0
"""What a process has taken: processor time to the nanosecond, and resident memory by its kind."""

from __future__ import annotations

import pathlib
import time
from dataclasses import dataclass

MIB = 2**20


def cpu_seconds(pid: int) -> float:
    """Of all threads, ended ones too: the clock of another process (see clock_getcpuclockid(3))."""
    per_process_schedule_clock = 2
    return time.clock_gettime((~pid << 3) | per_process_schedule_clock)


@dataclass(frozen=True)
class Memory:
    """In bytes. `files` are pages of programs and libraries, which all processes share."""

    resident: int
    peak: int
    files: int

    def __add__(self, other: Memory) -> Memory:
        return Memory(self.resident + other.resident, self.peak + other.peak,
                      self.files + other.files)


def parse_status(text: str) -> Memory:
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)

    def kib(name: str) -> int:
        return int(fields[name].split()[0]) * 1024
    return Memory(kib("VmRSS"), kib("VmHWM"), kib("RssFile"))


def memory(pid: int) -> Memory:
    return parse_status(pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
