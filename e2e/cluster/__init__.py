# SPDX-License-Identifier: Apache-2.0
"""A real Kubernetes on this machine, owned by one process: see README.md."""
