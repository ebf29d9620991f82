"""asyncio with length-prefixed JSON, both ends in Python: `serve PATH`, or `measure PATH`, which prints its two figures."""

import asyncio
import json
import statistics
import struct
import sys
import time

PINGS, CALLS, IN_FLIGHT = 3000, 10000, 16


async def read(reader):
    (size,) = struct.unpack(">I", await reader.readexactly(4))
    return json.loads(await reader.readexactly(size))


def write(writer, message):
    body = json.dumps(message, separators=(",", ":")).encode()
    writer.write(struct.pack(">I", len(body)) + body)


async def answer(reader, writer):
    try:
        while True:
            call = await read(reader)
            write(writer, {"jsonrpc": "2.0", "id": call["id"], "result": call["params"]})
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def serve(path):
    server = await asyncio.start_unix_server(answer, path)
    print("ready", flush=True)
    await server.serve_forever()


class Client:
    def __init__(self, reader, writer):
        self.reader, self.writer, self.last, self.waiting = reader, writer, 0, {}
        self.task = asyncio.ensure_future(self.listen())

    async def listen(self):
        while True:
            message = await read(self.reader)
            self.waiting.pop(message["id"]).set_result(message["result"])

    async def call(self, method, params):
        self.last += 1
        future = self.waiting[self.last] = asyncio.get_running_loop().create_future()
        write(self.writer, {"jsonrpc": "2.0", "id": self.last, "method": method, "params": params})
        return await future


async def measure(path):
    client = Client(*await asyncio.open_unix_connection(path))
    times = []
    for _ in range(PINGS):
        started = time.perf_counter()
        await client.call("ping", {})
        times.append((time.perf_counter() - started) * 1e6)
    left = iter(range(CALLS))

    async def lane():
        for _ in left:
            await client.call("echo", {"text": "x" * 1024})

    started = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(IN_FLIGHT)))
    rate = CALLS / (time.perf_counter() - started)
    print(json.dumps({"pingUs": statistics.median(times), "callsPerSecond": rate}), flush=True)
    client.task.cancel()


if __name__ == "__main__":
    asyncio.run({"serve": serve, "measure": measure}[sys.argv[1]](sys.argv[2]))
