# SPDX-License-Identifier: Apache-2.0
"""The patch applier, the normaliser, the generator, the shrinker."""
import copy
import itertools
import json
import unittest

from . import cases, generate, json_patch, model, run
from .cases import VALIDATE_SET, Case, review_of
from .fakes import Fake, answer, constant, denied, valid_set
from .normalise import canonical_text, quantity
from .rules import rules_of
from .shrink import shrink


class JsonPatchTest(unittest.TestCase):
    def test_every_operation_of_the_rfc(self):
        table = [
            ({"a": 1}, {"op": "add", "path": "/b", "value": [2]}, {"a": 1, "b": [2]}),
            ({"a": 1}, {"op": "add", "path": "/a", "value": 2}, {"a": 2}),
            ({"a": [1, 3]}, {"op": "add", "path": "/a/1", "value": 2}, {"a": [1, 2, 3]}),
            ({"a": [1]}, {"op": "add", "path": "/a/1", "value": 2}, {"a": [1, 2]}),
            ({"a": [1]}, {"op": "add", "path": "/a/-", "value": 2}, {"a": [1, 2]}),
            ({"a": 1}, {"op": "add", "path": "", "value": 7}, 7),
            ({"a/b": 1, "m~n": 2}, {"op": "remove", "path": "/a~1b"}, {"m~n": 2}),
            ({"~1": 1}, {"op": "replace", "path": "/~01", "value": 2}, {"~1": 2}),
            ({"": 1}, {"op": "remove", "path": "/"}, {}),
            ({"a": [1, 2]}, {"op": "remove", "path": "/a/0"}, {"a": [2]}),
            ({"a": {"b": 1}, "c": []}, {"op": "move", "from": "/a/b", "path": "/c/0"},
             {"a": {}, "c": [1]}),
            ({"a": [1]}, {"op": "copy", "from": "/a", "path": "/b"}, {"a": [1], "b": [1]}),
            ({"a": {"b": [1, None]}}, {"op": "test", "path": "/a/b", "value": [1, None]},
             {"a": {"b": [1, None]}}),
        ]
        for document, operation, expected in table:
            with self.subTest(operation=operation):
                before = copy.deepcopy(document)
                self.assertEqual(json_patch.apply(document, [operation]), expected)
                self.assertEqual(document, before)

    def test_what_does_not_fit_is_an_error(self):
        table = [
            {"op": "add", "path": "/x/y", "value": 1}, {"op": "add", "path": "/a/3", "value": 1},
            {"op": "add", "path": "/a/01", "value": 1}, {"op": "add", "path": "/a/+1", "value": 1},
            {"op": "add", "path": "b", "value": 1}, {"op": "add", "path": "/b"},
            {"op": "remove", "path": "/x"},
            {"op": "remove", "path": "/a/2"}, {"op": "remove", "path": "/a/-"},
            {"op": "replace", "path": "/x", "value": 1},
            {"op": "test", "path": "/n", "value": True}, {"op": "move", "from": "/a",
                                                          "path": "/a/0"},
            {"op": "copy", "from": "/x", "path": "/y"}, {"op": "merge", "path": "/a"},
            {"path": "/a"}, [], None,
        ]
        for operation in table:
            with self.subTest(operation=operation), self.assertRaises(json_patch.PatchError):
                json_patch.apply({"a": [1, 2], "n": 1}, [operation])
        with self.assertRaises(json_patch.PatchError):
            json_patch.apply({}, {"op": "remove"})


class NormaliseTest(unittest.TestCase):
    def test_traces_of_a_round_trip_are_nothing(self):
        pairs = [
            ({"metadata": {"creationTimestamp": None}, "status": {}}, {}),
            ({"spec": {"containers": [{"name": "c", "resources": {}}]}},
             {"spec": {"containers": [{"name": "c"}]}}),
            ({"labels": {"a": None}}, {"labels": {"a": ""}}),
            ({"limits": {"cpu": "1000m", "memory": "1Gi"}}, {"limits": {"cpu": 1,
                                                                        "memory": "1073741824"}}),
            ({"list": [None]}, {"list": [{}]}), ({"subdomain": ""}, {}),
            ({"limits": {"cpu": None}}, {"limits": {"cpu": "0"}}),
            ({"sizeLimit": "1024Mi"}, {"sizeLimit": "1Gi"}),
            ({"resourceFieldRef": {"resource": "limits.cpu", "divisor": "0"}},
             {"resourceFieldRef": {"resource": "limits.cpu"}}),
        ]
        for one, other in pairs:
            with self.subTest(one=one):
                self.assertEqual(canonical_text(one), canonical_text(other))

    def test_everything_else_counts(self):
        pairs = [
            ({"a": 1}, {"a": True}), ({"a": 1}, {"a": "1"}), ({"a": {}}, {}), ({"a": ""}, {}),
            ({"a": []}, {}),
            ({"limits": {"cpu": "1"}}, {"limits": {"cpu": "2"}}),
            ({"limits": {"cpu": "1"}}, {"limits": {}}),
            ({"cpu": "1000m"}, {"cpu": "1"}), ({"status": {"replicas": 0}}, {}),
            ({"a": [1, 2]}, {"a": [2, 1]}),
            ({"labels": {"a": ""}}, {"labels": {}}), ({"env": [{"name": "A", "value": "1"}]},
                                                      {"env": [{"name": "A"}]}),
        ]
        for one, other in pairs:
            with self.subTest(one=one):
                self.assertNotEqual(canonical_text(one), canonical_text(other))

    def test_quantities(self):
        self.assertEqual(quantity("1e3"), 1000)
        self.assertEqual(quantity("1E"), 10**18)
        self.assertEqual(quantity(".5"), quantity("500m"))
        for wrong in ("", "x", "1Q", "1 ", True, None, [], "1e"):
            self.assertIsNone(quantity(wrong))


class ShrinkTest(unittest.TestCase):
    def test_a_review_shrinks_to_what_matters(self):
        item = valid_set(extra={"deep": [1, {"planted": "needle", "other": 2}, 3]})
        case = Case(VALIDATE_SET, review_of("CREATE", item))

        def shows(smaller):
            return "needle" in json.dumps(smaller.review)
        small = shrink(case, shows)
        self.assertTrue(shows(small))
        self.assertLess(len(json.dumps(small.review)), 90)

    def test_bytes_shrink_to_what_matters(self):
        small = shrink(Case(VALIDATE_SET, raw=b"x" * 500 + b"NEEDLE" + b"y" * 300),
                       lambda c: b"NEEDLE" in c.raw)
        self.assertEqual(small.raw, b"NEEDLE")

    def test_shrinking_ends(self):
        calls = itertools.count()
        shrink(Case(VALIDATE_SET, review_of("CREATE", {str(i): [0] * 20 for i in range(200)})),
               lambda _: next(calls) % 2 == 0)
        self.assertLess(next(calls), 2000)


class GenerateTest(unittest.TestCase):
    def test_a_case_depends_on_seed_and_number_only(self):
        for index in (0, 5, 99):
            self.assertEqual(generate.case_number("s", index), generate.case_number("s", index))
        self.assertNotEqual([generate.case_number("s", i).body() for i in range(20)],
                            [generate.case_number("t", i).body() for i in range(20)])

    def test_every_kind_and_path_comes_up(self):
        drawn = [generate.case_number("kinds", i) for i in range(3000)]
        self.assertEqual({c.path for c in drawn}, set(cases.PATHS))
        self.assertGreaterEqual(len({c.kind for c in drawn}), 20)
        for case in drawn:
            self.assertIsInstance(case.body(), bytes)

    def test_no_pod_lists_billions_of_hosts(self):
        for index in range(3000):
            case = generate.case_number("hosts", index)
            if case.kind == "pod" and model.tpu_containers(cases.member(case.item, "spec")):
                size = model.integer(cases.annotations(case.item).get(cases.SIZE))
                self.assertLessEqual(abs(size or 0), 150_000)


class RulesTest(unittest.TestCase):
    def test_a_rule_counts_where_it_decides(self):
        case = Case(VALIDATE_SET, review_of("CREATE", valid_set(replicas=-1)))
        error = "spec.replicas: Invalid value: -1: replicas must be equal or greater than 0"
        refusal = Fake(constant(denied(error))).ask(case)
        self.assertIn("set: replicas >= 0", rules_of(case, refusal, refusal))
        allowed = Fake(constant(answer())).ask(case)
        self.assertNotIn("set: replicas >= 0", rules_of(case, allowed, allowed))

    def test_rules_are_total(self):
        answers = [Fake(constant(a)) for a in (answer(), answer(False, 400, "x"),
                                               denied("spec.replicas: x"))]
        for index in range(300):
            case = generate.case_number("rules", index)
            for one, other in itertools.product(answers, answers):
                rules_of(case, one.ask(case), other.ask(case))
                run.Judge(one, other).judge(case)
