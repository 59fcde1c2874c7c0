# SPDX-License-Identifier: Apache-2.0
"""A release of upstream's controller as a process beside the API server."""

from __future__ import annotations

import contextlib
import pathlib
import subprocess

import programs
from api import Api

ACCOUNT = "upstream"
# In a configuration file, of upstream's controller or of ours.
GANGS = "gangSchedulingManagement: {schedulerProvider: volcano}\n"
_POD_GROUPS = pathlib.Path(__file__).resolve().parent / "podgroups.json"


def apply_file(path: pathlib.Path) -> None:
    subprocess.run(["kubectl", "apply", "--server-side", "--force-conflicts", "-f", path],
                   check=True, capture_output=True, timeout=120)


def install_pod_groups() -> None:
    """Volcano's PodGroup as far as anyone here reads it: the name, and any content."""
    apply_file(_POD_GROUPS)


class Upstream:
    def __init__(self, api: Api, source: pathlib.Path, manager: pathlib.Path,
                 folder: pathlib.Path) -> None:
        self._api, self._source, self._manager, self._folder = api, source, manager, folder

    def knows_gangs(self) -> bool:
        types = self._source / "api/config/v1alpha1/configuration_types.go"
        return "gangSchedulingManagement" in types.read_text(encoding="utf-8")

    def install(self) -> dict:
        """Its CRDs, an account with all rights, a certificate. Returns the CRD of sets."""
        programs.prepare_cluster(self._api, self._folder)
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ACCOUNT}}
        self._api.apply(f"/api/v1/namespaces/{programs.NAMESPACE}/serviceaccounts/{ACCOUNT}", account)
        apply_file(self._source / "config/crd/bases")
        install_pod_groups()
        programs.wait_until("the CRDs to be served", lambda: programs.is_served(self._api), 60)
        return self._api.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"
                             "leaderworkersets.leaderworkerset.x-k8s.io")

    def register_webhooks(self, port: int) -> None:
        """As its kustomization does, the pods' webhooks select pods of sets alone."""
        manifests = self._source / "config/webhook/manifests.yaml"
        for configuration in programs.url_configurations(manifests, self._folder, port):
            for webhook in configuration["webhooks"]:
                if "pods" in webhook["rules"][0]["resources"]:
                    webhook["objectSelector"] = {"matchExpressions": [
                        {"key": "leaderworkerset.sigs.k8s.io/name", "operator": "Exists"}]}
            programs.apply_configuration(self._api, configuration)

    @contextlib.contextmanager
    def running(self, gang: bool):
        """Yields the process with its webhooks answering; ends it with SIGTERM."""
        port = programs.free_port()
        kubeconfig = self._folder / "upstream.kubeconfig"
        programs.write_kubeconfig(self._api, ACCOUNT, kubeconfig)
        command = f"{self._manager} --config={{config}} --kubeconfig={{kubeconfig}}"
        program = programs.Program("upstream", command, kubeconfig, self._folder, port,
                                   GANGS if gang else "")
        try:
            program.wait_ready()
            self.register_webhooks(port)
            yield program
        finally:
            program.end()
            self._unregister()

    def _unregister(self) -> None:
        for kind in ("mutating", "validating"):
            self._api.delete("/apis/admissionregistration.k8s.io/v1/"
                             f"{kind}webhookconfigurations/{kind}-webhook-configuration",
                             missing_ok=True)
