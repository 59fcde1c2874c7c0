# SPDX-License-Identifier: Apache-2.0
import contextlib
import io
import ipaddress
import itertools
import json
import os
import pathlib
import signal
import tempfile
import tomllib
import unittest

from . import cli, components, configs, health, init, kwok_nodes, network, state, tools

STATE = state.State("/nowhere/lws", "1.36.3")
CACHE = state.program_cache()


class StateTest(unittest.TestCase):
    def test_the_state_folder_follows_the_environment(self):
        cases = (
            ({"LWS_CLUSTER_STATE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/a"),
            ({"XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/b/lws-cluster"),
            ({"LWS_CLUSTER_STATE": "", "HOME": "/c"}, "/c/.cache/lws-cluster"),
        )
        for environment, expected in cases:
            with self.subTest(expected=expected):
                self.assertEqual(state.default_state_folder(environment), pathlib.Path(expected))

    def test_programs_are_in_the_cache_whatever_the_state_folder(self):
        environment = {"LWS_CLUSTER_STATE": "/a", "HOME": "/c"}
        self.assertEqual(state.program_cache(environment), pathlib.Path("/c/.cache/lws-cluster"))
        self.assertEqual(state.State("/a").bin, state.State("/b").bin)

    def test_a_process_is_known_by_its_start_time(self):
        self.assertIsInstance(state.process_start_time(os.getpid()), int)
        self.assertIsNone(state.process_start_time(2**22 + 1))

    def test_a_record_of_another_process_with_the_same_pid_is_no_owner(self):
        with tempfile.TemporaryDirectory() as folder:
            ours = state.State(folder)
            ours.run.mkdir()
            start = state.process_start_time(os.getpid())
            state.write_json(ours.owner, {"pid": os.getpid(), "start_time": start})
            self.assertEqual(ours.running_owner()["pid"], os.getpid())
            state.write_json(ours.owner, {"pid": os.getpid(), "start_time": start + 1})
            self.assertIsNone(ours.running_owner())
            ours.owner.write_text("{cut")
            self.assertIsNone(ours.running_owner())


class ToolsTest(unittest.TestCase):
    def test_versions_named_here_are_those_of_the_modules(self):
        wanted = {
            "kubernetes": ("k8s.io/kubernetes", state.DEFAULT_VERSION),
            "etcd": ("go.etcd.io/etcd/server/v3", state.ETCD_VERSION),
            "coredns": ("github.com/coredns/coredns", state.COREDNS_VERSION),
            "kwok": ("sigs.k8s.io/kwok", state.KWOK_VERSION),
        }
        for folder, (module, version) in wanted.items():
            with self.subTest(folder=folder):
                self.assertIn(f"{module} v{version}", (tools.TOOLS / folder / "go.mod").read_text())
                self.assertTrue((tools.TOOLS / folder / "go.sum").is_file())

    def test_the_server_is_told_its_version(self):
        flags = tools.kubernetes_ldflags("1.30.14")
        self.assertIn("-X k8s.io/component-base/version.gitVersion=v1.30.14", flags)
        self.assertIn("-X k8s.io/client-go/pkg/version.gitMinor=30", flags)

    def test_an_edit_of_a_source_that_changed_is_refused(self):
        edit = tools.Edit("a.b/c", "d.go", "old", "new")
        self.assertEqual(edit.apply("an old line"), "an new line")
        for source in ("", "old and old"):
            with self.subTest(source=source), self.assertRaises(state.ClusterError):
                edit.apply(source)

    def test_an_edit_makes_another_program(self):
        plain = tools.ToolSet("x", tools.TOOLS / "kwok", {"kwok": "k"})
        edited = tools.ToolSet("x", tools.TOOLS / "kwok", {"kwok": "k"},
                               edits=(tools.KWOK_DELETES_BY_UID,))
        self.assertNotEqual(plain.digest("go1"), edited.digest("go1"))

    def test_a_version_must_have_three_numbers(self):
        for version in ("", "1.36", "v1.36.3", "1.36.3-rc.0", "2.0.0", "1.36.3\n"):
            with self.subTest(version=version), self.assertRaises(state.ClusterError):
                tools.check_version(version)
        tools.check_version("1.30.14")

    def test_any_change_of_a_source_or_flag_asks_for_a_build(self):
        with tempfile.TemporaryDirectory() as folder:
            source, out = pathlib.Path(folder, "source"), pathlib.Path(folder, "out")
            source.mkdir()
            out.mkdir()
            (source / "go.mod").write_text("module a\n")
            (out / "a").write_text("")
            one = tools.ToolSet("a", source, {"a": "."})
            (out / "digest").write_text(one.digest("go1") + "\n")
            self.assertTrue(one.is_built(out, "go1"))
            self.assertFalse(one.is_built(out, "go2"))
            self.assertFalse(tools.ToolSet("a", source, {"a": "."}, "-s").is_built(out, "go1"))
            (source / "go.sum").write_text("x\n")
            self.assertFalse(one.is_built(out, "go1"))

    def test_another_version_gets_its_own_module_from_its_own_staging_list(self):
        go_mod = (
            "replace (\n\tk8s.io/api => ./staging/src/k8s.io/api\n"
            "\tk8s.io/kms => ./staging/src/k8s.io/kms\n\tfoo.io/x => foo.io/y v1.0.0\n)\n"
        )
        staging = tools.staging_modules(go_mod)
        self.assertEqual(staging, ["api", "kms"])
        rendered = tools.render_kubernetes_module("1.30.14", staging, "1.24.0")
        self.assertIn("\nrequire k8s.io/kubernetes v1.30.14\n", rendered)
        self.assertIn("\tk8s.io/kms => k8s.io/kms v0.30.14\n", rendered)


class VersionTest(unittest.TestCase):
    def test_another_version_has_a_control_plane_and_the_usual_kubectl(self):
        old = state.State("/nowhere/lws", "1.30.14")
        self.assertEqual(
            components.expected(old),
            ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"],
        )
        self.assertEqual(old.command("kubectl"), CACHE / "bin/kubectl/kubectl")
        self.assertIn("kubernetes-1.30.14", str(old.command("kube-apiserver")))
        self.assertIn("kubelet", components.expected(STATE))

    def test_a_control_plane_has_the_usual_programs_and_no_node(self):
        alone = state.State("/nowhere/lws", control_plane=True)
        self.assertFalse(alone.has_node())
        self.assertNotIn("kubelet", components.expected(alone))
        for program in ("kubectl", "kube-apiserver", "etcd"):
            self.assertEqual(alone.command(program), STATE.command(program))
        sets = tools.tool_sets(alone, None)
        self.assertEqual(sets.keys(), {"kubernetes-1.36.3", "etcd", "kwok"})
        usual = tools.tool_sets(STATE, None)
        for name, tool_set in sets.items():
            # Else two clusters would build each other's programs again and again.
            self.assertEqual(tool_set.digest("go1"), usual[name].digest("go1"))

    def test_a_cluster_that_runs_decides_what_it_is(self):
        ours = state.State("/nowhere/lws")
        ours.follow({"version": "1.36.3", "control_plane": True})
        self.assertFalse(ours.has_node())
        ours.follow({})
        self.assertFalse(ours.has_node())


class NetworkTest(unittest.TestCase):
    def test_our_ranges_do_not_overlap_each_other(self):
        nets = [ipaddress.ip_network(text) for text in network.ALL_RANGES]
        for one, other in itertools.combinations(nets, 2):
            self.assertFalse(one.overlaps(other), f"{one} {other}")
        self.assertIn(ipaddress.ip_address(network.DNS_SERVICE_IP), nets[1])

    def test_a_route_of_the_host_into_our_ranges_is_found_and_others_are_not(self):
        routes = [
            {"dst": "default", "dev": "eth0"},
            {"dst": "192.168.1.0/24", "dev": "eth0"},
            {"dst": "10.0.0.0/8", "dev": "tun0"},
            {"dst": "10.253.0.7", "dev": "x"},
            {"dst": "172.31.254.1", "dev": "lo", "type": "local"},
        ]
        found = network.colliding_routes(routes)
        self.assertEqual(found, ["10.0.0.0/8 dev tun0", "10.253.0.7 dev x"])


class ConfigTest(unittest.TestCase):
    def test_the_kubelet_keeps_images_and_restarts_soon(self):
        kubelet = json.loads(configs.kubelet(STATE))
        self.assertEqual(kubelet["imageGCHighThresholdPercent"], 100)
        self.assertEqual(kubelet["crashLoopBackOff"], {"maxContainerRestartPeriod": "5s"})
        self.assertFalse(kubelet["authentication"]["anonymous"]["enabled"])
        self.assertEqual(kubelet["clusterDNS"], [network.DNS_SERVICE_IP])

    def test_kube_proxy_leaves_the_conntrack_settings_of_the_machine_alone(self):
        conntrack = json.loads(configs.kube_proxy(STATE))["conntrack"]
        self.assertEqual({str(value) for value in conntrack.values()}, {"0", "0s"})

    def test_the_audit_log_has_writes_and_reads_of_our_programs_alone(self):
        rules = json.loads(configs.audit_policy())["rules"]
        levels = ["Request", "Metadata", "Metadata", "None"]
        self.assertEqual([rule["level"] for rule in rules], levels)
        self.assertEqual(rules[0]["verbs"], ["delete"])
        self.assertNotIn("get", rules[1]["verbs"])
        self.assertEqual(rules[2]["userGroups"], ["system:serviceaccounts:lws-system"])
        self.assertEqual(rules[-1], {"level": "None"})

    def test_containerd_gets_valid_toml_below_the_state_folder(self):
        parsed = tomllib.loads(configs.containerd(STATE))
        self.assertEqual(parsed["root"], "/nowhere/lws/data/containerd")
        cri = parsed["plugins"]["io.containerd.grpc.v1.cri"]
        self.assertTrue(cri["restrict_oom_score_adj"])

    def test_every_component_has_words_and_a_health_address(self):
        for name, make in components.ALL.items():
            with self.subTest(name=name):
                component = make(STATE)
                self.assertEqual(component.name, name)
                self.assertTrue(all(isinstance(word, str) for word in component.argv))
                self.assertRegex(component.health, r"^(https?|unix)://")

    def test_a_component_that_does_not_answer_is_a_problem_in_one_line(self):
        silent = components.Component("x", ["x"], "http://127.0.0.1:1/healthz")
        self.assertIn("refused", components.probe(silent, os.getpid(), "/none"))

    def test_kwok_nodes_repel_pods_that_do_not_ask_for_them(self):
        nodes = kwok_nodes.node_list(3)["items"]
        self.assertEqual([n["metadata"]["name"] for n in nodes], ["kwok-0", "kwok-1", "kwok-2"])
        self.assertEqual(nodes[0]["metadata"]["labels"]["type"], "kwok")
        taint = {"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}
        self.assertEqual(nodes[0]["spec"]["taints"], [taint])
        self.assertEqual(nodes[0]["metadata"]["annotations"]["kwok.x-k8s.io/node"], "fake")


class FaultTest(unittest.TestCase):
    def test_the_end_of_a_daemon_is_told_in_words(self):
        cases = ((0, "exited with status 0"), (3 << 8, "exited with status 3"))
        for status, words in cases + ((signal.SIGKILL, "killed by SIGKILL"),):
            with self.subTest(words=words):
                self.assertEqual(init.describe_exit(int(status)), words)

    def test_init_records_how_a_daemon_ended(self):
        with tempfile.TemporaryDirectory() as folder:
            ours = state.State(folder)
            for needed in (ours.run, ours.logs):
                needed.mkdir()
            supervisor = init.Supervisor(ours)
            with contextlib.redirect_stdout(io.StringIO()):
                pid = supervisor.start("x", ["/bin/sh", "-c", "echo last words; exit 3"])
                os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
                supervisor.reap()
            records = health.records_of(ours)
            said = health.death(records, "x")
            self.assertRegex(said, r"^exited with status 3 at \d\d:\d\d:\d\d$")
            self.assertIsNone(health.death(records, "y"))
            self.assertEqual(health.log_tail(records["x"]["log"]), ["last words"])

    def test_a_program_that_is_absent_is_an_error_and_not_a_record(self):
        with tempfile.TemporaryDirectory() as folder:
            ours = state.State(folder)
            ours.logs.mkdir()
            supervisor = init.Supervisor(ours)
            with self.assertRaises(OSError):
                supervisor.start("x", ["/absent/program"])
            self.assertEqual(supervisor.records, {})


class CommandLineTest(unittest.TestCase):
    def test_exec_takes_the_words_after_the_dashes(self):
        arguments = cli.make_parser().parse_args(["exec", "--", "kubectl", "get", "-A", "--x"])
        self.assertEqual(arguments.command[-4:], ["kubectl", "get", "-A", "--x"])

    def test_a_command_inside_gets_the_kubeconfig_and_no_proxy(self):
        environment = cli.inside_environment(
            STATE, {"PATH": "/bin", "https_proxy": "p", "NO_PROXY": "n", "KEPT": "1"}
        )
        self.assertEqual(environment["KUBECONFIG"], "/nowhere/lws/run/admin.kubeconfig")
        self.assertEqual(environment["PATH"], f"{CACHE}/bin/kubernetes-1.36.3:/bin")
        self.assertEqual(environment.keys(), {"PATH", "KUBECONFIG", "KEPT"})

    def test_bad_words_are_refused(self):
        for words in ([], ["fly"], ["up", "--kwok-nodes", "-1"], ["up", "--kwok-nodes", "x"]):
            with self.subTest(words=words), contextlib.redirect_stderr(io.StringIO()):
                with self.assertRaises(SystemExit) as ended:
                    cli.make_parser().parse_args(words)
                self.assertEqual(ended.exception.code, 2)

    def test_a_cluster_that_is_down_is_said_in_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            for command in (["status"], ["exec", "--", "true"], ["load-image", "x.tar"]):
                error = io.StringIO()
                words = [command[0], "--state", folder, *command[1:]]
                with self.subTest(words=words), contextlib.redirect_stderr(error):
                    self.assertEqual(cli.main(words), 1)
                self.assertIn("is not up", error.getvalue())
                self.assertEqual(len(error.getvalue().splitlines()), 1)


if __name__ == "__main__":
    unittest.main()
