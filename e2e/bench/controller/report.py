# SPDX-License-Identifier: Apache-2.0
"""Figures of several rounds: the middle one of each, its spread, and the limits that were given."""

from __future__ import annotations

import statistics


class Report:
    """{scene: {figure: one value a round}}, in the order in which they came."""

    def __init__(self) -> None:
        self._scenes: dict[str, dict[str, list[float]]] = {}

    def add(self, scene: str, figures: dict[str, float]) -> None:
        kept = self._scenes.setdefault(scene, {})
        for name, value in figures.items():
            kept.setdefault(name, []).append(value)

    def medians(self) -> dict[str, float]:
        """{scene/figure: value}"""
        return {f"{scene}/{name}": statistics.median(values)
                for scene, figures in self._scenes.items() for name, values in figures.items()}

    def lines(self) -> list[str]:
        out = []
        for scene, figures in self._scenes.items():
            rounds = max(len(values) for values in figures.values())
            out.append(f"{scene}, median of {rounds}" if rounds > 1 else scene)
            for name, values in figures.items():
                spread = f"  ({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else ""
                out.append(f"  {name:34} {statistics.median(values):10.2f}{spread}")
        return out

    def broken(self, limits: dict[str, float]) -> list[str]:
        """A line for each limit that is passed, or that names no figure."""
        medians = self.medians()
        out = []
        for name, most in limits.items():
            if name not in medians:
                out.append(f"{name}: no such figure")
            elif medians[name] > most:
                out.append(f"{name}: {medians[name]:.2f}, at most {most:.2f}")
        return out


def parse_limits(texts: list[str]) -> dict[str, float]:
    """`create/writes=500` of the command line."""
    out = {}
    for text in texts:
        name, _, value = text.rpartition("=")
        out[name] = float(value)
    return out
