# SPDX-License-Identifier: Apache-2.0
"""Sends cases to a webhook and reads its answers."""
import base64
import binascii
import dataclasses
import http.client
import json
import ssl
import time
import urllib.parse

from . import json_patch
from .cases import Case
from .normalise import canonical_text

TIMEOUT = 30.0
RETRY_SECONDS = 10.0
MISSING = "(none)"


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a caller of the webhook sees; `problem` is set when it is no proper answer."""
    http_status: int = 200
    problem: str = ""
    envelope: str = ""
    uid: object = None
    allowed: object = None
    code: object = None
    reason: object = None
    message: str = ""
    warnings: tuple = ()
    after: object = None
    after_text: str = ""

    def text(self):
        return dataclasses.replace(self, after=None).__dict__


# What is compared, and how a report calls it.
ASPECTS = {"http_status": "HTTP status", "problem": "form of the answer",
           "envelope": "apiVersion and kind", "uid": "uid", "allowed": "decision", "code": "code",
           "reason": "reason", "message": "message", "warnings": "warnings",
           "after_text": "object after the patch"}


def differing(ours, peer):
    return [aspect for aspect in ASPECTS if getattr(ours, aspect) != getattr(peer, aspect)]


def with_object(answer, item):
    """The same answer with another object after the patch."""
    return dataclasses.replace(answer, after=item, after_text=canonical_text(item))


def _after(response, item):
    """The object after the patch and what is wrong with it."""
    patch = response.get("patch")
    if patch is None:
        return item, "patchType without a patch" if "patchType" in response else ""
    if response.get("patchType") != "JSONPatch":
        return item, f"patchType is {response.get('patchType')!r}"
    try:
        operations = json.loads(base64.b64decode(patch, validate=True))
        return json_patch.apply(item, operations), ""
    except (json_patch.PatchError, ValueError, binascii.Error) as e:
        return item, f"the patch does not apply: {e}"


def read_answer(case: Case, status: int, body: bytes) -> Answer:
    """Total: any status and bytes give an Answer."""
    if status != 200:
        return Answer(http_status=status)
    try:
        review = json.loads(body)
        response = review["response"]
        result = response.get("status") or {}
        message = str(result.get("message") or "")
        warnings = tuple(str(w) for w in response.get("warnings") or ())
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        return Answer(problem=f"not an AdmissionReview: {type(e).__name__}: {body[:200]!r}")
    allowed = response.get("allowed")
    item, problem = _after(response, case.item) if allowed is True else (None, "")
    return Answer(
        problem=problem,
        envelope=f"{review.get('apiVersion', MISSING)} {review.get('kind', MISSING)}",
        uid=response.get("uid"), allowed=allowed, code=result.get("code"),
        reason=result.get("reason"),
        message=message, warnings=warnings, after=item, after_text=canonical_text(item))


class Target:
    """One webhook, over a connection that is kept. Used by one thread."""

    def __init__(self, url, cafile=None, insecure=False):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise ValueError(f"{url}: a webhook's URL is https://HOST[:PORT][/PATH]")
        self.url = url
        self._host, self._port = parts.hostname, parts.port or 443
        self._base = parts.path.rstrip("/")
        self._context = ssl.create_default_context(cafile=cafile)
        if insecure:
            self._context.check_hostname = False
            self._context.verify_mode = ssl.CERT_NONE
        self._connection = None

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(self, case):
        if self._connection is None:
            self._connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=TIMEOUT, context=self._context)
        body = case.body()
        headers = {} if case.content_type is None else {"Content-Type": case.content_type}
        self._connection.request("POST", self._base + case.path, body=body, headers=headers)
        response = self._connection.getresponse()
        return response.status, response.read()

    def ask(self, case: Case) -> Answer:
        """An answer that says "no answer" when the webhook gives none twice, a moment apart."""
        # A kept connection may have been closed by its other end, which is no fault of the case.
        for last in (False, True):
            try:
                status, body = self._exchange(case)
                return read_answer(case, status, body)
            except ssl.SSLCertVerificationError:
                raise
            except (OSError, http.client.HTTPException) as e:
                self.close()
                if last:
                    return Answer(http_status=0, problem=f"no answer: {type(e).__name__}: {e}")
        raise AssertionError("the loop ends by returning")

    def wait_until_reachable(self):
        """Raises OSError, which names the webhook, when nothing answers for a while."""
        end = time.monotonic() + RETRY_SECONDS
        while True:
            try:
                connection = http.client.HTTPSConnection(
                    self._host, self._port, timeout=TIMEOUT, context=self._context)
                connection.connect()
                connection.close()
                return
            except ssl.SSLCertVerificationError:
                raise
            except OSError as e:
                if time.monotonic() > end:
                    raise ConnectionError(f"{self.url}: {e}") from e
                time.sleep(0.2)
