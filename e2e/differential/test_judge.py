# SPDX-License-Identifier: Apache-2.0
"""Planted differences must be found, made small and never explained away."""
import contextlib
import copy
import http.server
import io
import json
import pathlib
import ssl
import subprocess
import tempfile
import threading
import unittest
from unittest import mock

from . import cases, cli, generate, run
from .cases import MUTATE_POD, MUTATE_SET, VALIDATE_SET, Case, review_of
from .exchange import Target
from .fakes import answer, constant, denied, judge, valid_set


class JudgeTest(unittest.TestCase):
    """Every aspect of an answer counts, and only what is named is explained."""

    def test_equal_answers_are_equal(self):
        patch = [{"op": "add", "path": "/spec/x", "value": 1}]
        other = [{"op": "add", "path": "/spec", "value": {**valid_set()["spec"], "x": 1}}]
        case = Case(MUTATE_SET, review_of("CREATE", valid_set()))
        verdict = judge(case, constant(answer(patch=patch)), constant(answer(patch=other)))
        self.assertEqual((verdict.aspects, verdict.explained), ((), ()))

    def test_every_aspect_counts(self):
        case = Case(VALIDATE_SET, review_of("CREATE", valid_set()))
        plain = answer(False, 403, "spec.replicas: x", "Forbidden")
        table = {
            "code": answer(False, 422, "spec.replicas: x", "Forbidden"),
            "reason": answer(False, 403, "spec.replicas: x"),
            "message": answer(False, 403, "spec.replicas: y", "Forbidden"),
            "uid": {**plain, "response": {**plain["response"], "uid": "other"}},
            "warnings": {**plain, "response": {**plain["response"], "warnings": ["w"]}},
            "envelope": {**plain, "apiVersion": "admission.k8s.io/v1beta1"}, "problem": b"{}",
        }
        for aspect, other in table.items():
            with self.subTest(aspect=aspect):
                self.assertIn(aspect, judge(case, constant(other), constant(plain)).aspects)
                self.assertIn(aspect, judge(case, constant(plain), constant(other)).aspects)

    def test_a_patch_that_does_not_apply_is_a_mismatch(self):
        case = Case(MUTATE_SET, review_of("CREATE", valid_set()))
        bad = answer(patch=[{"op": "remove", "path": "/none"}])
        self.assertIn("problem", judge(case, constant(bad), constant(answer())).aspects)

    def test_an_error_of_ours_is_explained_only_where_the_set_calls_for_it(self):
        error = 'spec.leaderWorkerTemplate.workerTemplate.spec.restartPolicy: ' \
                'Unsupported value: "Never": supported values: "Always"'
        right = valid_set()
        right["spec"]["leaderWorkerTemplate"]["workerTemplate"]["spec"]["restartPolicy"] = "Never"
        case = Case(VALIDATE_SET, review_of("CREATE", right))
        verdict = judge(case, constant(denied(error)), constant(answer()))
        self.assertEqual((verdict.aspects, verdict.explained), ((), ("template-restart-policy",)))
        case = Case(VALIDATE_SET, review_of("CREATE", valid_set()))
        self.assertIn("allowed", judge(case, constant(denied(error)), constant(answer())).aspects)

    def test_what_an_explained_error_stands_beside_still_counts(self):
        error = f'metadata.annotations.{cases.TERMINATION}: Invalid value: "x": must be Parallel'
        item = valid_set()
        item["metadata"]["annotations"] = {cases.TERMINATION: "x"}
        case = Case(VALIDATE_SET, review_of("CREATE", item))
        beside = "spec.replicas: Invalid value: -1: replicas must be equal or greater than 0"
        verdict = judge(case, constant(denied(beside, error)), constant(denied(beside)))
        self.assertEqual((verdict.aspects, verdict.explained), ((), ("termination-annotation",)))
        self.assertEqual(judge(case, constant(denied(error)),
                               constant(denied(beside))).aspects[0], "allowed")

    def test_a_panic_is_explained_only_by_the_answer_to_the_filled_set(self):
        panic = answer(False, 500,
                        "panic: runtime error: invalid memory address or nil pointer dereference "
                        "[recovered]")
        item = valid_set()
        del item["spec"]["replicas"]
        case = Case(VALIDATE_SET, review_of("CREATE", item))
        error = "spec.leaderWorkerTemplate.size: Invalid value: 0: " \
                "size must be equal or greater than 1"

        def peer(asked):
            return panic if "replicas" not in asked.item["spec"] else denied(error)
        self.assertEqual(judge(case, constant(denied(error)), peer).aspects, ())
        self.assertIn("allowed", judge(case, constant(answer()), peer).aspects)
        whole = Case(VALIDATE_SET, review_of("CREATE", valid_set()))
        self.assertIn("code", judge(whole, constant(denied(error)), constant(panic)).aspects)

    def test_an_old_object_may_keep_its_fault_and_get_no_new_one(self):
        error = "spec.leaderWorkerTemplate.size: Invalid value: 0: " \
                "size must be equal or greater than 1"
        broken = valid_set()
        broken["spec"]["leaderWorkerTemplate"]["size"] = 0

        def peer(asked):
            size = asked.item["spec"]["leaderWorkerTemplate"]["size"]
            return denied(error) if size < 1 else answer()
        kept = Case(VALIDATE_SET, review_of("UPDATE", copy.deepcopy(broken), broken))
        self.assertEqual(judge(kept, constant(answer()), peer).explained,
                         ("old-object-stays-updatable",))
        made = Case(VALIDATE_SET, review_of("UPDATE", broken, valid_set()))
        self.assertIn("allowed", judge(made, constant(answer()), peer).aspects)

    def test_an_unread_member_is_explained_only_by_the_answer_without_it(self):
        item = valid_set()
        item["spec"]["leaderWorkerTemplate"]["workerTemplate"]["spec"]["containers"][0]["image"] = 1
        case = Case(VALIDATE_SET, review_of("CREATE", item))
        words = "json: cannot unmarshal number into Go struct field Container.spec." \
                "leaderWorkerTemplate.workerTemplate.spec.containers.image of type string"

        def peer_saying(then):
            def peer(asked):
                spec = asked.item["spec"]["leaderWorkerTemplate"]["workerTemplate"]["spec"]
                return then if spec["containers"][0].get("image") is None else \
                    answer(False, 400, words)
            return peer
        self.assertEqual(judge(case, constant(answer()), peer_saying(answer())).explained,
                         ("unread-member",))
        error = denied("spec.replicas: Invalid value: -1: bad")
        self.assertIn("allowed", judge(case, constant(answer()), peer_saying(error)).aspects)

    def test_duplicates_are_explained_only_where_the_peer_merges_them(self):
        body = json.dumps(review_of("CREATE", valid_set())).encode()
        twice = body.replace(b'"replicas": 2', b'"replicas": 9, "replicas": 2')
        case = Case(VALIDATE_SET, raw=twice)
        error = denied("spec.replicas: Invalid value: -1: bad")

        def merging(asked):
            return error if asked.raw is not None else answer()
        self.assertEqual(judge(case, constant(answer()), merging).explained, ("duplicate-members",))
        self.assertIn("allowed", judge(case, constant(answer()), constant(error)).aspects)

    def test_a_limit_explains_only_what_is_beyond_it(self):
        pod = {"metadata": {"name": "a-0", "labels": {cases.NAME: "a"},
                            "annotations": {cases.SIZE: "4"}}, "spec": {}}
        case = Case(MUTATE_POD, review_of("CREATE", pod))
        limit = "the TPU environment of pod a-0 would exceed 3145728 bytes: the group is too large"
        refusal = answer(False, 403, limit, "Forbidden")
        self.assertIn("allowed", judge(case, constant(refusal), constant(answer())).aspects)
        # A pod with one of the two texts has less than the limit, and more than is ever stored.
        for size, explained in ((1_600_000, True), (1_500_000, False)):
            container = {"env": [{"name": "TPU_WORKER_HOSTNAMES", "value": "x" * size}]}
            patch = [{"op": "add", "path": "/spec/containers", "value": [container]}]
            verdict = judge(case, constant(refusal), constant(answer(patch=patch)))
            self.assertEqual("allowed" not in verdict.aspects, explained, size)

    def test_a_peer_that_is_asked_again_is_not_asked_too_much(self):
        review = {**review_of("CREATE", valid_set()), cases.FILL: "x" * 100}
        again = Case(VALIDATE_SET, review).with_request(uid="u")
        self.assertNotIn(cases.FILL, again.review)
        self.assertEqual(again.review["request"]["uid"], "u")

    def test_other_words_of_a_decoder_are_explained_and_another_code_is_not(self):
        case = Case(VALIDATE_SET, raw=b"{")
        words = "couldn't get version/kind; json parse error: unexpected end of JSON input"
        self.assertEqual(judge(case, constant(answer(False, 400, "no JSON")),
                               constant(answer(False, 400, words))).aspects, ())
        self.assertIn("code", judge(case, constant(answer(False, 403, "no JSON", "Forbidden")),
                                    constant(answer(False, 400, words))).aspects)


class SignatureTest(unittest.TestCase):
    def test_alike_mismatches_are_one_kind(self):
        def kind(name):
            item = valid_set()
            item["metadata"]["name"] = name
            case = Case(VALIDATE_SET, review_of("CREATE", item))
            verdict = judge(case, constant(denied(f'metadata.name: Invalid value: "{name}": bad')),
                            constant(answer()))
            return run.signature(case, verdict)
        self.assertEqual(kind("a"), kind('b\\"c'))


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = json.dumps(self.server.answer(self.path, body)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        """Quiet."""


def _simple(_, body):
    """Allows everything, under the uid that was given."""
    try:
        uid = json.loads(body)["request"]["uid"]
    except (ValueError, KeyError, TypeError, RecursionError):
        uid = ""
    given = answer()
    given["response"]["uid"] = uid
    return given


def _planted(path, body):
    """Denies pods whose annotation says a size of 5."""
    given = _simple(path, body)
    if path == MUTATE_POD and b'leaderworkerset.sigs.k8s.io/size":"5"' in body:
        given["response"].update(allowed=False, status={"code": 403, "message": "planted",
                                                        "reason": "Forbidden"})
    return given


class EndToEndTest(unittest.TestCase):
    """Two servers over TLS and the command line."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(cls.folder.name)
        cls.certificate = folder / "tls.crt"
        words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                 "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                 "-days", "2", "-keyout", folder / "tls.key", "-out", cls.certificate]
        subprocess.run(words, check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cls.certificate, folder / "tls.key")
        cls.servers, cls.urls = [], []
        for function in (_planted, _simple):
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
            server.answer = function
            server.daemon_threads = True
            server.socket = context.wrap_socket(server.socket, server_side=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            cls.servers.append(server)
            cls.urls.append(f"https://127.0.0.1:{server.server_address[1]}")

    @classmethod
    def tearDownClass(cls):
        for server in cls.servers:
            server.shutdown()
            server.server_close()
        cls.folder.cleanup()

    def _main(self, *words):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = cli.main([*words, "--workers", "2"])
        return status, out.getvalue()

    def test_a_planted_difference_is_found_and_shrunk(self):
        status, text = self._main(*self.urls, "--ours-ca", str(self.certificate), "--peer-ca",
                                  str(self.certificate), "--count", "400", "--seed", "planted")
        self.assertEqual(status, 1, text)
        self.assertIn("seed planted, cases 0 to 399: 400 cases", text)
        self.assertIn("planted", text)
        lines = [line for line in text.splitlines() if line.strip().startswith("{")]
        self.assertEqual(len(lines), 1, text)
        self.assertLess(len(lines[0]), 200)

    def test_the_same_webhook_twice_has_no_differences(self):
        status, text = self._main(self.urls[1], self.urls[1], "--insecure", "--count", "200")
        self.assertEqual(status, 0, text)
        self.assertIn("unexplained: 0 cases", text)
        explained = text.partition("deliberate differences")[2].partition("unexplained")[0]
        self.assertEqual({line.split()[0] for line in explained.splitlines()[1:] if line}, {"0"})

    def test_a_webhook_that_is_not_there_and_a_wrong_url_end_with_2(self):
        target = Target(self.urls[0])
        with self.assertRaises(ssl.SSLCertVerificationError):
            target.ask(generate.case_number("1", 0))
        for url in ("http://127.0.0.1:1", "localhost"):
            with contextlib.redirect_stderr(io.StringIO()):
                self.assertEqual(self._main(url, self.urls[0])[0], 2)

    def test_a_webhook_that_goes_away_ends_the_run(self):
        gone = Target(self.urls[0], insecure=True)
        here = Target(self.urls[1], insecure=True)
        gone.wait_until_reachable = mock.Mock(side_effect=OSError("refused"))
        with self.assertRaisesRegex(ConnectionError, "case 7: no answer any more: refused"):
            run.Judge(gone, here).require_both(7)
        run.Judge(here, here).require_both(7)

    def test_one_case_can_be_shown(self):
        status, text = self._main(*self.urls, "--insecure", "--show", "3")
        self.assertIn(status, (0, 1))
        self.assertIn("POST /", text)
