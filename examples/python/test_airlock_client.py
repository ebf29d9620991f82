"""Checks airlock_client.py against the golden transcripts: python3 -m unittest (no daemon needed)."""
import base64
import glob
import hashlib
import io
import json
import os
import unittest

from airlock_client import AirlockError, Connection, ConnectionLost, prove

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.environ.get("AIRLOCK_TRANSCRIPTS") or os.path.join(HERE, "..", "..", "tests", "fixtures", "transcripts")


def read(name):
    with open(os.path.join(FOLDER, name + ".jsonl"), encoding="utf-8") as file:
        first, *lines = [json.loads(line) for line in file]
    return first["meta"], lines


class GoldenServer:
    """A stream that says the server's frames of a transcript, each once all the client's frames before it have come."""

    def __init__(self, lines):
        self._lines, self.heard, self._out = list(lines), bytearray(), bytearray()
        self.expected = b"".join(bytes.fromhex(line["hex"]) for line in lines if line["dir"] == "c>s")
        self.frames = []

    def sendall(self, data):
        self.heard += data
        while len(self.heard) >= 4 and len(self.heard) >= 4 + int.from_bytes(self.heard[:4], "big"):
            size = 4 + int.from_bytes(self.heard[:4], "big")
            self.frames.append(bytes(self.heard[:size]))
            del self.heard[:size]

    def recv(self, size):
        while not self._out and self._lines:
            line = self._lines.pop(0)
            if line["dir"] == "s>c":
                self._out += bytes.fromhex(line["hex"])
            elif line["dir"] == "close":
                return b""
        piece = bytes(self._out[: min(size, 777)])  # cut frames anywhere
        del self._out[: len(piece)]
        return piece

    def close(self):
        self._lines = []


def start(name):
    meta, lines = read(name)
    server = GoldenServer(lines)
    key = (meta["key"]["kid"], base64.urlsafe_b64decode(meta["key"]["key"] + "="))
    nonce = base64.urlsafe_b64decode(meta["clientNonce"] + "=")
    make = lambda: Connection(server, key, meta["instance"], meta["endpoint"], "golden", random=lambda _size: nonce)
    return meta, lines, server, make


def messages(lines, direction="s>c"):
    said = []
    for line in lines:
        body = bytes.fromhex(line["hex"])[4:] if line["dir"] == direction else b""
        try:
            said += [json.loads(body.decode("utf-8"))] if body[:1] == b"{" else []
        except ValueError:
            pass  # Some transcripts show what is no JSON.
    return said


def answers(lines):
    return {message["id"]: message for message in messages(lines) if "id" in message and "method" not in message}


class GoldenTranscripts(unittest.TestCase):
    def test_vector(self):
        key = hashlib.sha256(b"test vector").digest()
        nonces = [base64.urlsafe_b64encode(bytes([digit]) * 32).rstrip(b"=").decode() for digit in (1, 2)]
        bound = (1, "default", "test-endpoint", *nonces)
        self.assertEqual(prove(key, "server", *bound), "UFvAMf176-jNwxgmPfEDISKAHRZWV0rk2lxygPb-I7Y")
        self.assertEqual(prove(key, "client", *bound), "v0pmm36jdfW9loQWwKQL3LNxfOAiFdN7TV9-OF0WOI8")

    def test_handshake_of_every_transcript_that_lets_it_in(self):
        names = [os.path.basename(path)[: -len(".jsonl")] for path in glob.glob(os.path.join(FOLDER, "*.jsonl"))]
        let_in = [name for name in names if "limits" in answers(read(name)[1]).get(2, {}).get("result", {})]
        self.assertGreater(len(let_in), 15)
        for name in let_in:
            _, lines, server, make = start(name)
            with self.subTest(name):
                self.assertEqual(make().session, answers(lines)[2]["result"])
                theirs = messages(lines, "c>s")[1]["params"]["proof"]
                self.assertEqual(json.loads(server.frames[1][4:])["params"]["proof"], theirs)

    def test_every_call_ends_as_the_transcript_says(self):
        for name in ("submit-inline", "large-result-without-streams", "errors-scope", "rate-limited"):
            _, lines, _, make = start(name)
            connection = make()
            for request in messages(lines, "c>s")[2:]:
                wanted = answers(lines)[request["id"]]
                with self.subTest(name, id=request["id"]):
                    if "result" in wanted:
                        self.assertEqual(connection.call(request["method"], request["params"]), wanted["result"])
                        continue
                    with self.assertRaises(AirlockError) as raised:
                        connection.call(request["method"], request["params"])
                    self.assertEqual(raised.exception.code, wanted["error"]["data"]["code"])
                    self.assertEqual(raised.exception.retry_after_ms, wanted["error"]["data"].get("retryAfterMs"))

    def test_stream(self):
        _, lines, server, make = start("submit-stream")
        request = messages(lines, "c>s")[2]
        payload = b"".join(bytes.fromhex(line["hex"])[12:] for line in lines if line["dir"] == "c>s" and "chunk" in line)
        params = {name: value for name, value in request["params"].items() if name != "stream"}
        answer = make().upload("report/submit", params, io.BytesIO(payload))
        self.assertEqual(answer, answers(lines)[3]["result"])
        sent = [frame for frame in server.frames if frame[4] == 1]
        self.assertEqual(b"".join(frame[12:] for frame in sent), payload)
        self.assertEqual([(frame[5], frame[8:12]) for frame in sent], [(0, b"\0\0\0\1"), (1, b"\0\0\0\1")])

    def test_answer_before_the_end_of_a_stream(self):
        _, _, _, make = start("submit-answered-before-end")
        with self.assertRaises(AirlockError) as raised:
            make().upload("report/submit", {"name": "a.bin", "size": 1_000_001}, io.BytesIO(b"x" * 1_000_001))
        self.assertEqual((raised.exception.code, raised.exception.data["limit"]), ("too_large", 1_000_000))

    def test_large_result(self):
        _, lines, _, make = start("large-result")
        body = b"".join(bytes.fromhex(line["hex"])[12:] for line in lines if line["dir"] == "s>c" and "chunk" in line)
        answer = make().call("report/get", messages(lines, "c>s")[2]["params"])
        self.assertEqual(answer, json.loads(body.decode("utf-8")))

    def test_events(self):
        _, lines, _, make = start("events")
        connection = make()
        opened = connection.call("events/subscribe", {"topics": ["submission", "report"]})
        wanted = [message["params"] for message in messages(lines) if message.get("method") == "event"]
        heard = [connection.next_event()[1] for _ in wanted]
        self.assertEqual((opened, heard), (answers(lines)[3]["result"], wanted))

    def test_goaway(self):
        _, _, _, make = start("goaway")
        connection = make()
        with self.assertRaises(ConnectionLost) as raised:
            while True:
                connection.read_frame()
        self.assertEqual(raised.exception.retry_after_ms, 1000)

    def test_refusals(self):
        for name, code in (("refused-proof", "unauthenticated"), ("refused-version", "unsupported_protocol")):
            with self.subTest(name), self.assertRaises(AirlockError) as raised:
                start(name)[3]()
            self.assertEqual(raised.exception.code, code)

    def test_a_server_that_proves_another_key_hears_nothing_more(self):
        _, _, server, make = start("refused-unknown-key")
        with self.assertRaises(AirlockError) as raised:
            make()
        self.assertEqual((raised.exception.code, len(server.frames)), ("unauthenticated", 1))


if __name__ == "__main__":
    unittest.main()
