# SPDX-License-Identifier: Apache-2.0
"""Compares two admission webhooks review by review: see README.md."""
