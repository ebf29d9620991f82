"""airlock client: Python 3.8 or later, the standard library, this one file. Written from docs/protocol.md.

    with connect() as airlock:
        print(airlock.call("status/get")["state"])
        answer = airlock.submit("result.csv", open("result.csv", "rb"))
        for event in airlock.events(["submission", "report"]):
            print(event)

Use it from one thread at a time; open a second connection for events beside calls.
"""
import base64
import collections
import hashlib
import hmac
import io
import json
import os
import random as chance
import re
import socket
import stat
import struct
import time
import uuid

CHUNK = 16 * 1024
WINDOW = 1024 * 1024
LARGEST_RESULT = 256 * 1024 * 1024
PIPE = "\\\\.\\pipe\\"


class AirlockError(Exception):
    """A failure. Decide by `code`; `data` may say more (retryAfterMs, reason, limit, details)."""

    def __init__(self, code, message, data=None):
        super().__init__(message)
        self.code, self.data = code, data or {}
        self.retryable = bool(self.data.get("retryable"))
        self.retry_after_ms = self.data.get("retryAfterMs")


class ConnectionLost(AirlockError):
    """The other end is gone. What has an idempotency key may be sent again."""

    def __init__(self, why, retry_after_ms=None):
        super().__init__("unavailable", "Cannot reach airlock: " + why, {"retryable": True, "retryAfterMs": retry_after_ms})


# --- finding the daemon -----------------------------------------------------------------------------------------------------

def check_private(path, info, is_kind):
    """Refuse what is not this user's alone. Unix only: Windows keeps profiles private by itself."""
    if not is_kind(info.st_mode):
        raise AirlockError("unavailable", "Cannot use %s: it is not what it should be (a link?)" % path)
    if hasattr(os, "getuid") and (info.st_uid != os.getuid() or info.st_mode & 0o077):
        raise AirlockError("unavailable", "Cannot use %s: others own it or may enter it (mode %o)" % (path, info.st_mode & 0o7777))


def places(home=None, instance=None, env=os.environ):
    """Folders of discovery and key files: docs/protocol.md, "Finding the daemon"."""
    instance = instance or env.get("AIRLOCK_INSTANCE") or "default"
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", instance):
        raise AirlockError("usage", "Cannot use instance %r" % instance)
    home = home or env.get("AIRLOCK_HOME")
    if home:
        root, run = home, os.path.join(home, "run")
    elif os.name == "nt":
        user = os.path.expanduser("~")
        root = os.path.join(env.get("APPDATA") or os.path.join(user, "AppData", "Roaming"), "airlock")
        run = os.path.join(env.get("LOCALAPPDATA") or os.path.join(user, "AppData", "Local"), "airlock")
    else:
        temporary = env.get("TMPDIR") or env.get("TMP") or env.get("TEMP") or "/tmp"
        runtime, config = env.get("XDG_RUNTIME_DIR", ""), env.get("XDG_CONFIG_HOME", "")
        run = os.path.join(runtime, "airlock") if os.path.isabs(runtime) else os.path.join(temporary, "airlock-%d" % os.getuid())
        if os.uname().sysname == "Darwin":
            root = os.path.expanduser("~/Library/Application Support/airlock")
        else:
            root = os.path.join(config if os.path.isabs(config) else os.path.expanduser("~/.config"), "airlock")
    own = root if instance == "default" else os.path.join(root, "instances", instance)
    return {"run": run, "keys": os.path.join(own, "keys"), "instance": instance}


def find_endpoint(run, instance):
    """The endpoint of the discovery file, after folder and socket were checked."""
    path = os.path.join(run, instance + ".json")
    try:
        check_private(run, os.lstat(run), stat.S_ISDIR)
        with open(path, "rb") as file:
            found = json.loads(file.read(16384).decode("utf-8"))
        if found["instance"] != instance:
            raise AirlockError("unavailable", "Cannot use %s: it is another instance's" % path)
        return found["endpoint"]
    except FileNotFoundError:
        raise AirlockError("not_running", "Cannot find airlock: no daemon runs for instance " + instance)


def read_key(keys, kid):
    """Id and 32 bytes of a key file that only its owner can read."""
    path = os.path.join(keys, kid + ".json")
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise AirlockError("unauthenticated", "Cannot use key %s: %s" % (kid, error.strerror))
    with os.fdopen(handle, "rb") as file:
        check_private(path, os.fstat(handle), stat.S_ISREG)  # Order: of the open file, so what was checked is what is read
        content = json.loads(file.read(4096).decode("utf-8"))
    if content.get("v") != 1 or content.get("kid") != kid:
        raise AirlockError("unavailable", "Cannot use %s: it is no version 1 key file of %s" % (path, kid))
    return kid, base64.urlsafe_b64decode(content["key"] + "=")


def choose_key(keys, kid):
    """The named key, else `local`, else the only one that can be read."""
    if kid is not None or os.path.exists(os.path.join(keys, "local.json")):
        return read_key(keys, kid or "local")
    found = []
    for name in sorted(os.listdir(keys)) if os.path.isdir(keys) else []:
        try:
            found += [read_key(keys, name[:-5])] if name.endswith(".json") and name[:1] != "." else []
        except (AirlockError, ValueError):
            pass  # One that this user cannot read is not chosen.
    if len(found) != 1:
        raise AirlockError("unauthenticated", "Cannot choose a key: %d can be read, name one" % len(found))
    return found[0]


class Pipe:
    """A Windows pipe with the few methods of a socket that are used here."""

    def __init__(self, name):
        self._file = open(name, "r+b", buffering=0)
        self.recv, self.close = self._file.read, self._file.close

    def sendall(self, data):
        while data:
            data = data[self._file.write(data):]


def open_endpoint(endpoint, timeout):
    if endpoint.startswith(PIPE):
        return Pipe(endpoint)
    try:
        folder = os.path.dirname(endpoint)
        check_private(folder, os.lstat(folder), stat.S_ISDIR)
        check_private(endpoint, os.lstat(endpoint), stat.S_ISSOCK)
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        stream.settimeout(timeout)
        stream.connect(endpoint)
        return stream
    except (FileNotFoundError, ConnectionRefusedError):
        raise AirlockError("not_running", "Cannot connect to airlock: nobody listens there")


# --- one connection ---------------------------------------------------------------------------------------------------------

def prove(key, side, version, instance, endpoint, client_nonce, server_nonce):
    text = "\n".join(["airlock-ipc", side, str(version), instance, endpoint, client_nonce, server_nonce])
    return base64.urlsafe_b64encode(hmac.new(key, text.encode("utf-8"), hashlib.sha256).digest()).rstrip(b"=").decode()


class Connection:
    """Frames, handshake and calls over one stream. `stream` needs recv, sendall and close."""

    def __init__(self, stream, key, instance, endpoint, name="python", random=os.urandom):
        self._stream, self._pending, self._last_id, self._last_stream = stream, bytearray(), 0, -1
        self._answers, self._credit, self._chunks = {}, {}, {}
        self.events, self._goaway, self._cap = collections.deque(), None, 4096
        self.session = None
        self.session = self._handshake(key, instance, endpoint, name, random)
        self._cap = max(self.session["limits"]["jsonFrame"], 8 + self.session["limits"]["chunk"])

    def _handshake(self, key, instance, endpoint, name, random):
        kid, secret = key
        nonce = base64.urlsafe_b64encode(random(32)).rstrip(b"=").decode()
        client = {"name": name, "version": "1"}
        hello = self.call("hello", {"protocol": {"min": 1, "max": 1}, "kid": kid, "nonce": nonce, "client": client})
        hello = hello if isinstance(hello, dict) else {}
        bound = (hello.get("protocol"), instance, endpoint, nonce, str(hello.get("nonce")))
        # Order: the server proves first. An impostor has learned a nonce and is told nothing more.
        if hello.get("protocol") != 1 or not hmac.compare_digest(prove(secret, "server", *bound).encode(), str(hello.get("proof")).encode()):
            self.close()
            raise AirlockError("unauthenticated", "Cannot trust the server: it did not prove that it holds key " + kid)
        self._cap = 1024 * 1024
        return self.call("authenticate", {"proof": prove(secret, "client", *bound), "capabilities": ["streams"]})

    def close(self):
        self._stream.close()

    def _lost(self, why):
        self.close()
        if self._goaway is not None:
            why, retry = "it said goaway: %s" % self._goaway.get("reason"), self._goaway.get("retryAfterMs")
            return ConnectionLost(why, retry)
        return ConnectionLost(why)

    def _send(self, body):
        try:
            self._stream.sendall(struct.pack(">I", len(body)) + body)
        except (OSError, ValueError) as error:  # ValueError: the pipe is closed
            raise self._lost(str(error))

    def send_json(self, message):
        self._send(json.dumps(dict(jsonrpc="2.0", **message), separators=(",", ":"), ensure_ascii=False).encode("utf-8"))

    def _take(self, size):
        while len(self._pending) < size:
            try:
                piece = self._stream.recv(65536)
            except (OSError, ValueError) as error:
                raise self._lost(str(error) or "it did not answer in time")
            if not piece:
                raise self._lost("the connection was closed")
            self._pending += piece
        taken = bytes(self._pending[:size])
        del self._pending[:size]
        return taken

    def read_frame(self):
        """Read one frame and put what it says where somebody waits for it."""
        size = struct.unpack(">I", self._take(4))[0]
        if not 0 < size <= self._cap:
            raise self._lost("the server sent a frame of %d bytes" % size)
        body = self._take(size)
        if body[:1] == b"\x01" and size >= 8:
            flags, stream = body[1], struct.unpack(">I", body[4:8])[0]
            if stream in self._chunks:
                self._chunks[stream].append((flags, body[8:]))
            return
        try:
            self._receive(json.loads(body.decode("utf-8")))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise self._lost("the server sent a malformed message")

    def _receive(self, message):
        method, params = message.get("method"), message.get("params", {})
        if method is not None and self.session is None:
            raise self._lost("the server spoke before it was trusted")
        if method == "$/credit":
            if params["stream"] in self._credit:
                self._credit[params["stream"]] += params["bytes"]
        elif method == "$/goaway":
            self._goaway = params
        elif method in ("event", "event/lagged"):
            self.events.append((method, params))
        elif method is not None and "id" in message:  # The server may ping.
            unknown = {"error": {"code": -32601, "message": "Cannot run %s: a client has no such method" % method}}
            self.send_json(dict({"id": message["id"]}, **({"result": {}} if method == "ping" else unknown)))
        elif method is None and message.get("id") is None:
            raise self._failure(message["error"])
        elif method is None and message["id"] in self._answers:
            self._answers[message["id"]] = message

    @staticmethod
    def _failure(error):
        data = error.get("data") or {}
        return AirlockError(data.get("code", str(error["code"])), error["message"], data)

    def next_event(self):
        """Wait for the next event, however long that takes."""
        limit = self._stream.gettimeout() if hasattr(self._stream, "gettimeout") else None
        if limit is not None:
            self._stream.settimeout(None)
        while not self.events:
            self.read_frame()
        if limit is not None:
            self._stream.settimeout(limit)
        return self.events.popleft()

    def begin(self, method, params):
        self._last_id += 1
        self._answers[self._last_id] = None
        self.send_json({"id": self._last_id, "method": method, "params": params})
        return self._last_id

    def finish(self, call_id):
        """Wait for the one answer of a call; a large one is fetched."""
        while self._answers[call_id] is None:
            self.read_frame()
        answer = self._answers.pop(call_id)
        if "error" in answer:
            raise self._failure(answer["error"])
        result = answer["result"]
        is_head = self.session and isinstance(result, dict) and set(result) == {"stream", "bytes", "sha256"}
        return json.loads(self._download(result).decode("utf-8")) if is_head else result

    def call(self, method, params=None):
        return self.finish(self.begin(method, params or {}))

    def _download(self, head):
        stream, size = head["stream"], head["bytes"]
        if size > LARGEST_RESULT:
            raise AirlockError("too_large", "Cannot read the answer: it has %d bytes" % size)
        body, granted, ended = bytearray(), 0, False
        waiting = self._chunks[stream] = collections.deque()
        while not ended:
            if granted - len(body) <= WINDOW // 2 and granted < size:
                more = min(WINDOW - (granted - len(body)), size - granted)
                granted += more
                self.send_json({"method": "$/credit", "params": {"stream": stream, "bytes": more}})
            while not waiting:
                self.read_frame()
            flags, payload = waiting.popleft()
            if flags == 2:
                raise AirlockError("unavailable", "Cannot read the answer: " + payload.decode("utf-8", "replace"), {"retryable": True})
            body += payload
            ended = flags == 1
        del self._chunks[stream]
        if len(body) != size or hashlib.sha256(body).hexdigest() != head["sha256"]:
            raise AirlockError("unavailable", "Cannot read the answer: it is not what was announced", {"retryable": True})
        return bytes(body)

    def upload(self, method, params, source):
        """Make a call whose file goes as a stream, never more than the server gave credit for."""
        self._last_stream += 2
        stream = self._last_stream
        self._credit[stream] = 0
        call_id = self.begin(method, dict(params, stream=stream))
        try:
            piece = source.read(CHUNK)
            while self._answers[call_id] is None:  # The answer may come before the end: too large, or known already.
                if self._credit[stream] == 0:
                    self.read_frame()
                    continue
                payload, piece = piece[: self._credit[stream]], piece[self._credit[stream]:]
                self._credit[stream] -= len(payload)
                piece = piece or source.read(CHUNK)
                flags = 0 if piece else 1
                self._send(struct.pack(">BBHI", 1, flags, 0, stream) + payload)
                if flags:
                    break
        finally:
            del self._credit[stream]
        return self.finish(call_id)


# --- what programs use ------------------------------------------------------------------------------------------------------

class Client:
    """A connection that comes back. Calls that are safe to repeat are repeated; others raise ConnectionLost."""

    def __init__(self, make, patience=30.0):
        self._make, self._patience = make, patience
        self._connection = make()

    @property
    def session(self):
        return self._connection.session

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._connection.close()

    def _again(self, work, end=None):
        """Do `work`, again after a lost connection or a rate limit, until patience is at its end."""
        end, pause, is_lost = end or time.monotonic() + self._patience, 0.1, False
        while True:
            try:
                if is_lost:
                    self._connection, is_lost = self._make(), False
                return work()
            except AirlockError as error:
                gone = isinstance(error, ConnectionLost) or error.code in ("not_running", "shutting_down")
                wait = pause if error.retry_after_ms is None else error.retry_after_ms / 1000
                wait *= 1 + 0.2 * chance.random()
                if not (gone or error.code == "rate_limited") or time.monotonic() + wait > end:
                    raise
                if gone:
                    self._connection.close()
                    is_lost, pause = True, min(5.0, 2 * pause)
                time.sleep(wait)

    def call(self, method, params=None, repeat=None):
        """Call a method. `repeat`: is it safe to send it again after a lost connection? Default: when it only reads."""
        reads = method.rpartition("/")[2] in ("get", "getMany", "list", "stats", "describe", "validate", "ping", "probe")
        if reads if repeat is None else repeat:
            return self._again(lambda: self._connection.call(method, params))
        return self._connection.call(method, params)

    def submit(self, name, source, key=None, **more):
        """Hand over one file (text, bytes or a binary file); returns once it is durable. Safe to repeat with the same key."""
        return self._hand_over("report/submit", source, dict(more, name=name, idempotencyKey=key or str(uuid.uuid4())))

    def convert(self, name, source, **more):
        """What a file would become; nothing is kept."""
        return self._hand_over("report/convert", source, dict(more, name=name))

    def _hand_over(self, method, source, params):
        source = source.encode("utf-8") if isinstance(source, str) else source
        if isinstance(source, bytes) and len(source) <= self.session["limits"]["inline"]:
            inline = dict(params, contentBase64=base64.b64encode(source).decode())
            return self._again(lambda: self._connection.call(method, inline))
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        start = file.tell()

        def once():
            file.seek(start)
            return self._connection.upload(method, params, file)

        return self._again(once)

    def events(self, topics, since=None):
        """Yield ("snapshot", state) first, then (topic, data) for every change; goes on after a lost connection without a gap.

        ("lagged", {...}) says that this side read too slowly and changes were left out: ask for the state anew.
        """
        while True:
            params = {"topics": topics} if since is None else {"topics": topics, "since": since}
            opened = self._again(lambda: self._connection.call("events/subscribe", params))
            since = {"bootId": opened["bootId"], "cursor": opened["cursor"]}
            if not opened["resumed"]:
                yield "snapshot", opened.get("snapshot", {})
            try:
                while True:
                    kind, event = self._connection.next_event()
                    if event["subscription"] != opened["subscription"]:
                        continue
                    if kind == "event/lagged":
                        yield "lagged", event
                        continue
                    since = dict(since, cursor=event["cursor"])
                    yield event["topic"], event["data"]
            except ConnectionLost:
                continue


def connect(home=None, instance=None, key=None, endpoint=None, name="python", timeout=30.0):
    """Find the daemon, prove both sides to each other, and return a Client."""
    found = places(home, instance)

    def make():
        # Again for each connection: a restarted daemon may listen elsewhere.
        where = endpoint or os.environ.get("AIRLOCK_ENDPOINT") or find_endpoint(found["run"], found["instance"])
        secret = choose_key(found["keys"], key or os.environ.get("AIRLOCK_KEY") or None)
        return Connection(open_endpoint(where, timeout), secret, found["instance"], where, name)

    return Client(make, timeout)
