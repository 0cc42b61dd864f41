"""Client of the perifocal capture service: one file, the standard library only, Python 3.8 or later.

    client = CaptureClient(socket_path="/run/perifocal/api.sock")
    capture = client.request({"camera": "front", "deadlineMs": 8000})
    capture = client.wait_for(capture["id"])
    if capture["state"] == "stored":
        client.download(capture["id"], "product", "frame.png")
        client.ack(capture["id"])

Captures and events are the dictionaries that the service's OpenAPI description names `Capture` and `Event`. Every
method but `push_frame` may be called again after a failure: ids make requests the same.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import math
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from typing import IO, Any
from urllib.parse import quote, urlencode

__all__ = ["CaptureClient", "CaptureError"]

FINAL_STATES = ("stored", "rejected", "failed", "expired", "cancelled")
# The service is there, and asks to send less or later.
REFUSALS = ("BUSY", "RATE", "QUOTA")
# Answers after which the same request may succeed by itself soon.
PASSING = ("UNREACHABLE", "CLOSED", *REFUSALS)
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
# The service gives a sign of life more often than that.
SILENCE_SECONDS = 90.0
CHUNK_BYTES = 1 << 18
WAIT_SECONDS = 30
PAGE = 100


class CaptureError(Exception):
    """What the service answered, or why it could not be asked.

    `code` is stable: the service's, such as CONFLICT or QUOTA; UNREACHABLE where it did not answer, DAMAGED where a
    file has not the digest that the service said, MISSED where events are not kept any more that were asked for.
    `status` is the HTTP status, `retry_after` the seconds to wait where the service said so; both may be None.
    """

    def __init__(self, code: str, message: str, status: int | None = None, retry_after: int | None = None):
        super().__init__(message)
        self.code = code
        self.status = status
        self.retry_after = retry_after


class _Backoff:
    """How long to wait before each further try: ever longer, and never less than the service has asked for."""

    def __init__(self) -> None:
        self._pause = FIRST_PAUSE

    def reset(self) -> None:
        """Something has come: pauses begin small again."""
        self._pause = FIRST_PAUSE

    def next(self, error: CaptureError | None) -> float:
        """Seconds to wait after this error, or after an end without one."""
        pause = self._pause
        self._pause = min(2 * pause, LONGEST_PAUSE)
        return max(pause, (error and error.retry_after) or 0.0)


class _Refusals:
    """Refusals one after the other, which are borne for so long: a break may be waited for, not a full place."""

    def __init__(self, seconds: float):
        self._seconds = seconds
        self._since: float | None = None

    def end(self) -> None:
        """There was a sign of life."""
        self._since = None

    def check(self, failure: CaptureError | None, pause: float) -> None:
        """Raise a refusal where the next try, after a pause in seconds, comes too late."""
        if failure is None or failure.code not in REFUSALS:
            self.end()
            return
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if now + pause > self._since + self._seconds:
            raise failure


class _SocketConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout: float):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class CaptureClient:
    """The service on its Unix socket, or on a port of this machine with a token.

    A service that does not answer, is stopping (CLOSED) or says BUSY, RATE or QUOTA is tried again for `retry_seconds`:
    never sooner than it says, and not at all where that is longer. One client may be used by one thread at a time.
    """

    def __init__(
        self,
        socket_path: str | None = None,
        port: int | None = None,
        token: str | None = None,
        host: str = "127.0.0.1",
        retry_seconds: float = 30.0,
    ):
        if (socket_path is None) == (port is None):
            raise ValueError("give socket_path, or port and token")
        self._socket_path = socket_path
        self._address = (host, port)
        self._headers = {"authorization": f"Bearer {token}"} if token else {}
        self._retry_seconds = retry_seconds

    def request(self, wish: dict[str, Any], id: str | None = None) -> dict[str, Any]:
        """Ask for a capture; `wish` needs a `camera`. Give an `id` (UUID) that you have kept to ask once for sure.

        `deadlineMs` counts from when the service takes the request. Where it does not at first, the deadline is that
        much later; no try begins when `deadlineMs` have passed since this call.
        """
        id = str(uuid.uuid4()) if id is None else id
        deadline = wish.get("deadlineMs")
        most = math.inf if deadline is None else deadline / 1000
        return self._json("PUT", f"/v1/captures/{quote(id, safe='')}", wish, most)

    def get(self, id: str) -> dict[str, Any]:
        return self._json("GET", f"/v1/captures/{quote(id, safe='')}")

    def list(self, **query: Any) -> Iterator[dict[str, Any]]:
        """All captures that the app may see, page by page: `state`, `camera`, `newest=True`."""
        cursor: int | None = None
        while True:
            words = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}
            after = {} if cursor is None else {"after": cursor}
            page = self._json("GET", "/v1/captures?" + urlencode({"limit": PAGE, **words, **after}))
            yield from page["captures"]
            cursor = page["next"]
            if cursor is None:
                return

    def wait_for(self, id: str, timeout: float | None = None) -> dict[str, Any]:
        """Wait until a capture is stored, or has ended otherwise: look at its `state`.

        TimeoutError after `timeout` seconds (default: none), also where the service refuses or does not answer.
        """
        end = math.inf if timeout is None else time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            wait = max(0, math.ceil(min(WAIT_SECONDS, left)))
            try:
                capture = self._json("GET", f"/v1/captures/{quote(id, safe='')}?wait={wait}", most=left)
            except CaptureError as error:
                if error.code not in PASSING or left > self._retry_seconds:
                    raise
                time.sleep(max(0.0, end - time.monotonic()))
                raise TimeoutError(f"capture {id} is not known to have ended after {timeout} s: {error}") from error
            if capture["state"] in FINAL_STATES:
                return capture
            if left <= 0:
                raise TimeoutError(f"capture {id} is {capture['state']} after {timeout} s")

    def last_seq(self) -> int:
        """The number of the last event: where `events` begins for those that are still to come."""
        return self._json("GET", "/v1/events?after=0&limit=0")["lastSeq"]

    def events(self, after: int = 0) -> Iterator[dict[str, Any]]:
        """Events after a cursor, each once and in order, for ever. A connection that breaks is made anew.

        Keep the `seq` of the last event that you are done with where a crash cannot: it is the next `after`. Raises
        QUOTA, RATE or BUSY where the service gives nothing else for `retry_seconds`.
        """
        cursor = after
        backoff = _Backoff()
        refusals = _Refusals(self._retry_seconds)
        while True:
            failure = None
            try:
                for id, event in self._stream(cursor):
                    backoff.reset()
                    refusals.end()
                    if event is not None and event["seq"] > cursor:
                        yield event
                    cursor = max(cursor, id)
            except CaptureError as error:
                if error.code not in PASSING:
                    raise
                failure = error
            pause = backoff.next(failure)
            refusals.check(failure, pause)
            time.sleep(pause)

    def download(self, id: str, kind: str, path: str) -> dict[str, Any]:
        """Download `raw`, `product` or `thumbnail`, and check its digest.

        The file comes under its name only when it is whole and durable. Returns what the service says of it.
        """
        file = self.get(id)[kind]
        if file is None:
            raise CaptureError("UNKNOWN", f"capture {id} has no {kind}: wait until it is stored")
        part = f"{path}.part"
        try:
            with open(part, "wb") as output:
                self._fetch(f"/v1/captures/{id}/{kind}", file, output)
                output.flush()
                os.fsync(output.fileno())
            os.replace(part, path)
            _sync_folder(os.path.dirname(path) or ".")
        finally:
            if os.path.exists(part):
                os.unlink(part)
        return file

    def link(self, id: str, kind: str, folder: str) -> str:
        """Link `raw` or `product` into a folder that the configuration allows: no byte is copied. Returns its path."""
        return self._json("GET", f"/v1/captures/{id}/{kind}?" + urlencode({"link": folder}))["path"]

    def ack(self, id: str) -> dict[str, Any]:
        """Say that the product has been taken over: the service need not keep it."""
        return self._json("POST", f"/v1/captures/{quote(id, safe='')}/ack")

    def hold(self, id: str, seconds: int) -> dict[str, Any]:
        """Have the product kept for so long from now, also where it was released."""
        return self._json("POST", f"/v1/captures/{quote(id, safe='')}/hold", {"seconds": seconds})

    def end(self, id: str) -> dict[str, Any]:
        """Cancel a capture, or release its product."""
        return self._json("DELETE", f"/v1/captures/{quote(id, safe='')}")

    def cameras(self) -> Any:
        return self._json("GET", "/v1/cameras")["cameras"]

    def push_frame(self, camera: str, frame: bytes | IO[bytes], mime: str, capture_id: str | None = None) -> str:
        """Deliver a frame (bytes, or an open file) to a camera of the kind push; returns the id of its capture.

        Not tried again by itself.
        """
        query = "" if capture_id is None else f"?capture={capture_id}"
        path = f"/v1/cameras/{quote(camera, safe='')}/frames{query}"
        connection, response = self._open("PUT", path, frame, {"content-type": mime})
        try:
            return json.loads(response.read())["captureId"]
        finally:
            connection.close()

    def _json(self, method: str, path: str, body: dict[str, Any] | None = None, most: float = math.inf) -> Any:
        """The JSON of a reply; tried again while the service does not answer, for `most` seconds at most."""
        data = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"content-type": "application/json"}

        def attempt(_progress: Callable[[], None]) -> Any:
            connection, response = self._open(method, path, data, headers)
            try:
                return json.loads(response.read())
            except (OSError, http.client.HTTPException) as error:
                raise CaptureError("UNREACHABLE", f"{method} {path} broke off: {error!r}") from error
            finally:
                connection.close()

        return self._retry(attempt, most)

    def _retry(self, attempt: Callable[[Callable[[], None]], Any], most: float = math.inf) -> Any:
        """Try again, ever more slowly, while there is no answer, or the service asks to send less or later.

        Never sooner than the service says, and not at all where that is longer than `retry_seconds` or `most`.

        `attempt` calls what it is given when something has come: the time for further tries begins anew then.
        """
        since = time.monotonic()
        most = min(most, self._retry_seconds)
        backoff = _Backoff()

        def progress() -> None:
            nonlocal since
            since = time.monotonic()
            backoff.reset()

        while True:
            try:
                return attempt(progress)
            except CaptureError as error:
                pause = backoff.next(error)
                if error.code not in PASSING or time.monotonic() + pause > since + most:
                    raise
            time.sleep(pause)

    def _open(
        self, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """A reply whose bytes have not been read, and its connection. Raises CaptureError where it is no success."""
        if self._socket_path is not None:
            connection: http.client.HTTPConnection = _SocketConnection(self._socket_path, SILENCE_SECONDS)
        else:
            connection = http.client.HTTPConnection(*self._address, timeout=SILENCE_SECONDS)
        try:
            connection.request(method, path, body, {**self._headers, **headers})
            response = connection.getresponse()
            if response.status < 400:
                return connection, response
            raise _to_error(response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            message = f"{method} {path}: {error!r}: is the service running?"
            raise CaptureError("UNREACHABLE", message) from error
        except CaptureError:
            connection.close()
            raise

    def _stream(self, after: int) -> Iterator[tuple[int, dict[str, Any] | None]]:
        """One connection of the event stream: pairs of its cursor and an event or None."""
        connection, response = self._open("GET", f"/v1/events?after={after}", None, {"accept": "text/event-stream"})
        id, name, data = after, "message", None
        try:
            for line in iter(response.readline, b""):
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "id":
                    id = int(value)
                elif field == "event":
                    name = value
                elif field == "data":
                    data = json.loads(value)
                elif field == "":
                    if name == "missed":
                        raise CaptureError("MISSED", f"events after {after} are not kept any more: list captures")
                    yield id, data
                    name, data = "message", None
        except (OSError, http.client.HTTPException) as error:
            raise CaptureError("UNREACHABLE", f"the stream broke off: {error!r}") from error
        finally:
            connection.close()

    def _fetch(self, path: str, file: dict[str, Any], output: IO[bytes]) -> None:
        """The bytes of a file; the rest is asked for where a connection breaks."""
        digest = hashlib.sha256()

        def attempt(progress: Callable[[], None]) -> None:
            if output.tell() == file["bytes"]:
                return
            headers = {"range": f"bytes={output.tell()}-", "if-range": f'"{file["sha256"]}"'}
            connection, response = self._open("GET", path, None, headers)
            try:
                if response.status != 206:
                    raise CaptureError("DAMAGED", f"{path} is another file by now: ask for its capture again")
                for chunk in _chunks(response, path):
                    output.write(chunk)
                    digest.update(chunk)
                    progress()
            finally:
                connection.close()
            if output.tell() < file["bytes"]:
                raise CaptureError("UNREACHABLE", f"{path} ended early")

        self._retry(attempt)
        if digest.hexdigest() != file["sha256"] or output.tell() != file["bytes"]:
            what = f"{output.tell()} bytes with the digest {digest.hexdigest()}"
            wanted = f"{file['bytes']} with {file['sha256']}"
            raise CaptureError("DAMAGED", f"{path} came as {what}, not {wanted}: download it again")


def _chunks(response: http.client.HTTPResponse, path: str) -> Iterator[bytes]:
    """What a reply has, as it comes."""
    while True:
        try:
            chunk = response.read1(CHUNK_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise CaptureError("UNREACHABLE", f"{path} broke off: {error!r}") from error
        if not chunk:
            return
        yield chunk


def _sync_folder(path: str) -> None:
    """Make a new name durable: the service may let its copy go once the download is acknowledged."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _to_error(status: int, body: bytes) -> CaptureError:
    try:
        error = json.loads(body)["error"]
        return CaptureError(error["code"], error["message"], status, error.get("retryAfterSeconds"))
    except (ValueError, KeyError, TypeError):
        return CaptureError("INTERNAL", f"HTTP {status}: {body[:200]!r}", status)
