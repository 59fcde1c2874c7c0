# SPDX-License-Identifier: Apache-2.0
"""Puts what benches share on the path of their tests."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
