// airlock client: .NET 8, no packages. Written from docs/protocol.md; its sections are named beside what they rule.

using System;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.IO.Pipes;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;

namespace Airlock;

/// <summary>A failure. Decide by <see cref="Code"/>; <see cref="Info"/> may say more (retryAfterMs, reason, limit, details).</summary>
public class AirlockException : Exception
{
    public AirlockException(string code, string message, JsonObject? info = null)
        : base(message)
    {
        Code = code;
        Info = info ?? new JsonObject();
    }

    public string Code { get; }

    public JsonObject Info { get; }

    public bool IsRetryable => Info["retryable"] is JsonValue value && value.TryGetValue(out bool told) && told;

    public int? RetryAfterMs => Info["retryAfterMs"] is JsonValue value && value.TryGetValue(out double ms) ? (int)Math.Ceiling(ms) : null;
}

/// <summary>The other end is gone. What has an idempotency key may be sent again.</summary>
public sealed class ConnectionLostException : AirlockException
{
    public ConnectionLostException(string why, JsonObject? goaway = null)
        : base("unavailable", "Cannot reach airlock: " + why, ToInfo(goaway))
    {
    }

    private static JsonObject ToInfo(JsonObject? goaway)
    {
        var info = new JsonObject { ["retryable"] = true };
        if (goaway?["retryAfterMs"] is JsonValue value && value.TryGetValue(out double ms))
        {
            info["retryAfterMs"] = ms;
        }

        return info;
    }
}

/// <summary>A key: its id, and 32 bytes.</summary>
public sealed record AirlockKey(string Kid, byte[] Secret);

/// <summary>What happened: a topic with its data, or <c>snapshot</c> and <c>lagged</c>.</summary>
public sealed record AirlockEvent(string Topic, JsonNode? Data);

/// <summary>Where things lie, and what is checked before anything is sent: section 2.</summary>
public static class AirlockPlaces
{
    private const UnixFileMode OthersMay =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public static string? Setting(string name)
    {
        var text = Environment.GetEnvironmentVariable(name);
        return string.IsNullOrEmpty(text) ? null : text;
    }

    /// <summary>Folders of discovery files and of keys.</summary>
    public static (string Run, string Keys) Find(string? home, string instance)
    {
        home ??= Setting("AIRLOCK_HOME");
        string root;
        string run;
        if (home is not null)
        {
            (root, run) = (home, Path.Combine(home, "run"));
        }
        else if (OperatingSystem.IsWindows())
        {
            root = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "airlock");
            run = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "airlock");
        }
        else
        {
            var user = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            var config = Absolute("XDG_CONFIG_HOME") ?? Path.Combine(user, ".config");
            run = Absolute("XDG_RUNTIME_DIR") is { } runtime
                ? Path.Combine(runtime, "airlock")
                : Path.Combine(Path.GetTempPath(), "airlock-" + getuid());
            root = OperatingSystem.IsMacOS()
                ? Path.Combine(user, "Library", "Application Support", "airlock")
                : Path.Combine(config, "airlock");
        }

        var own = instance == "default" ? root : Path.Combine(root, "instances", instance);
        return (run, Path.Combine(own, "keys"));
    }

    /// <summary>The endpoint of the discovery file.</summary>
    public static string ReadEndpoint(string run, string instance)
    {
        var path = Path.Combine(run, instance + ".json");
        if (!File.Exists(path))
        {
            throw new AirlockException("not_running", "Cannot find airlock: no daemon runs for instance " + instance);
        }

        CheckPrivate(run, isFolder: true);
        var found = JsonNode.Parse(File.ReadAllText(path, Encoding.UTF8)) as JsonObject;
        if ((string?)found?["instance"] != instance || (string?)found?["endpoint"] is not { } endpoint)
        {
            throw new AirlockException("unavailable", "Cannot use " + path + ": it is no discovery file of " + instance);
        }

        return endpoint;
    }

    /// <summary>A key file that only its owner may read.</summary>
    public static AirlockKey ReadKey(string keys, string kid)
    {
        var path = Path.Combine(keys, kid + ".json");
        CheckPrivate(path, isFolder: false);
        var content = JsonNode.Parse(File.ReadAllText(path, Encoding.UTF8)) as JsonObject;
        if ((int?)content?["v"] != 1 || (string?)content?["kid"] != kid || (string?)content?["key"] is not { Length: 43 } text)
        {
            throw new AirlockException("unavailable", "Cannot use " + path + ": it is no version 1 key file of " + kid);
        }

        return new AirlockKey(kid, Convert.FromBase64String(text.Replace('-', '+').Replace('_', '/') + "="));
    }

    /// <summary>No link, and nothing for group or others. .NET cannot ask for the owner; the proof holds all the same.</summary>
    public static void CheckPrivate(string path, bool isFolder)
    {
        FileSystemInfo info = isFolder ? new DirectoryInfo(path) : new FileInfo(path);
        if (!info.Exists || info.LinkTarget is not null)
        {
            throw new AirlockException("unavailable", "Cannot use " + path + ": it is missing, or a link");
        }

        if (!OperatingSystem.IsWindows() && (info.UnixFileMode & OthersMay) != 0)
        {
            throw new AirlockException("unavailable", "Cannot use " + path + ": others may enter or read it");
        }
    }

    [DllImport("libc")]
    private static extern uint getuid();

    private static string? Absolute(string name) => Setting(name) is { } path && Path.IsPathRooted(path) ? path : null;
}

/// <summary>One authenticated connection: frames, handshake, calls, streams, events. Sections 3 to 8.</summary>
public sealed class AirlockConnection : IAsyncDisposable
{
    private const string PipePrefix = @"\\.\pipe\";
    private const int PreAuthFrameBytes = 4096;
    private const int ChunkHeaderBytes = 8;
    private const int ChunkBytes = 16 * 1024;
    private const int WindowBytes = 1024 * 1024;
    private const long LargestResultBytes = 256L * 1024 * 1024;

    private readonly Stream _stream;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<long, TaskCompletionSource<JsonNode?>> _calls = new();
    private readonly ConcurrentDictionary<uint, Channel<int>> _credits = new();
    private readonly ConcurrentDictionary<uint, Channel<(byte Flags, byte[] Payload)>> _downloads = new();
    private readonly Channel<(string Method, JsonObject Params)> _events = Channel.CreateUnbounded<(string, JsonObject)>();
    private long _lastId;
    private int _lastStream = -1;
    private int _cap = PreAuthFrameBytes;
    private JsonObject? _goaway;
    private Task _reading = Task.CompletedTask;

    private AirlockConnection(Stream stream) => _stream = stream;

    /// <summary>What <c>authenticate</c> answered: scopes, limits, rate, methods, …</summary>
    public JsonObject Session { get; private set; } = new();

    /// <summary>Connect, and prove both sides to each other.</summary>
    public static async Task<AirlockConnection> OpenAsync(
        string endpoint, string instance, AirlockKey key, CancellationToken cancel = default)
    {
        var connection = new AirlockConnection(await ConnectAsync(endpoint, cancel).ConfigureAwait(false));
        try
        {
            await connection.AuthenticateAsync(endpoint, instance, key, RandomNumberGenerator.GetBytes(32), cancel).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Make a call and wait for its one answer; a large one is fetched.</summary>
    public async Task<JsonNode?> CallAsync(string method, JsonObject? parameters = null, CancellationToken cancel = default)
    {
        var (id, answer) = await BeginAsync(method, parameters ?? new JsonObject()).ConfigureAwait(false);
        return await FinishAsync(id, answer, cancel).ConfigureAwait(false);
    }

    /// <summary>Make a call whose file goes as a stream, never more than the server gave credit for. Section 7.</summary>
    public async Task<JsonNode?> UploadAsync(
        string method, JsonObject parameters, Stream source, CancellationToken cancel = default)
    {
        var stream = (uint)Interlocked.Add(ref _lastStream, 2);
        var credits = Channel.CreateUnbounded<int>();
        _credits[stream] = credits;
        try
        {
            var own = (JsonObject)parameters.DeepClone();
            own["stream"] = stream;
            var (id, answer) = await BeginAsync(method, own).ConfigureAwait(false);
            // The answer may come before the end: then stop sending.
            _ = answer.ContinueWith(_ => credits.Writer.TryComplete(), TaskScheduler.Default);
            await SendFileAsync(stream, source, credits.Reader, answer, cancel).ConfigureAwait(false);
            return await FinishAsync(id, answer, cancel).ConfigureAwait(false);
        }
        finally
        {
            _credits.TryRemove(stream, out _);
        }
    }

    /// <summary>Events of one subscription, in order. Ends with <see cref="ConnectionLostException"/>. Iterate one at a time.</summary>
    public async IAsyncEnumerable<(string Method, JsonObject Params)> ReadEventsAsync(
        string subscription, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        await foreach (var (method, told) in _events.Reader.ReadAllAsync(cancel).ConfigureAwait(false))
        {
            if ((string?)told["subscription"] == subscription)
            {
                yield return (method, told);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
    }

    /// <summary>The proof of one side: section 4.</summary>
    public static string Prove(byte[] key, string side, string instance, string endpoint, string clientNonce, string serverNonce)
    {
        var text = string.Join('\n', "airlock-ipc", side, "1", instance, endpoint, clientNonce, serverNonce);
        return ToBase64Url(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));
    }

    private static string ToBase64Url(byte[] bytes) =>
        Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static async Task<Stream> ConnectAsync(string endpoint, CancellationToken cancel)
    {
        try
        {
            if (endpoint.StartsWith(PipePrefix, StringComparison.Ordinal))
            {
                // CurrentUserOnly: the system checks that this user owns the pipe.
                var pipe = new NamedPipeClientStream(
                    ".", endpoint[PipePrefix.Length..], PipeDirection.InOut, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
                await pipe.ConnectAsync(5000, cancel).ConfigureAwait(false);
                return pipe;
            }

            AirlockPlaces.CheckPrivate(Path.GetDirectoryName(endpoint) ?? "/", isFolder: true);
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(endpoint), cancel).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
        catch (Exception error) when (error is SocketException or TimeoutException or IOException or UnauthorizedAccessException)
        {
            throw new AirlockException("not_running", "Cannot connect to airlock: " + error.Message);
        }
    }

    private async Task AuthenticateAsync(string endpoint, string instance, AirlockKey key, byte[] random, CancellationToken cancel)
    {
        var nonce = ToBase64Url(random);
        var hello = new JsonObject
        {
            ["protocol"] = new JsonObject { ["min"] = 1, ["max"] = 1 },
            ["kid"] = key.Kid,
            ["nonce"] = nonce,
            ["client"] = new JsonObject { ["name"] = "csharp", ["version"] = "1" },
        };
        // Order: frames are read one by one here; nothing but these two answers is looked at before both sides are proved.
        var greeted = await ExchangeAsync("hello", hello, cancel).ConfigureAwait(false);
        var serverNonce = Text(greeted["nonce"]);
        var wanted = Prove(key.Secret, "server", instance, endpoint, nonce, serverNonce);
        var isProved = CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(wanted), Encoding.UTF8.GetBytes(Text(greeted["proof"])));
        if (!isProved || greeted["protocol"] is not JsonValue version || !version.TryGetValue(out int agreed) || agreed != 1)
        {
            throw new AirlockException("unauthenticated", "Cannot trust the server: it did not prove that it holds key " + key.Kid);
        }

        _cap = 1024 * 1024;
        var proof = new JsonObject
        {
            ["proof"] = Prove(key.Secret, "client", instance, endpoint, nonce, serverNonce),
            ["capabilities"] = new JsonArray("streams"),
        };
        Session = await ExchangeAsync("authenticate", proof, cancel).ConfigureAwait(false);
        var limits = Session["limits"]!;
        _cap = Math.Max((int)limits["jsonFrame"]!, ChunkHeaderBytes + (int)limits["chunk"]!);
        _reading = Task.Run(ReadAllAsync, CancellationToken.None);
    }

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    private async Task<JsonObject> ExchangeAsync(string method, JsonObject parameters, CancellationToken cancel)
    {
        var id = ++_lastId;
        await SendJsonAsync(new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters }).ConfigureAwait(false);
        var body = await ReadFrameAsync(cancel).ConfigureAwait(false);
        JsonObject? answer;
        try
        {
            answer = JsonNode.Parse(body) as JsonObject;
        }
        catch (JsonException)
        {
            throw new ConnectionLostException("the server sent what is no JSON");
        }

        if (answer?["error"] is JsonObject error)
        {
            throw ToFailure(error);
        }

        return answer?["result"] as JsonObject ?? throw new ConnectionLostException("the server sent a malformed answer");
    }

    private async Task<(long Id, Task<JsonNode?> Answer)> BeginAsync(string method, JsonObject parameters)
    {
        var id = Interlocked.Increment(ref _lastId);
        var answer = new TaskCompletionSource<JsonNode?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls[id] = answer;
        if (_closing.IsCancellationRequested)
        {
            throw Lost("the connection is closed");
        }

        await SendJsonAsync(new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters.DeepClone() }).ConfigureAwait(false);
        return (id, answer.Task);
    }

    private async Task<JsonNode?> FinishAsync(long id, Task<JsonNode?> answer, CancellationToken cancel)
    {
        try
        {
            var result = await answer.WaitAsync(cancel).ConfigureAwait(false);
            var isHead = result is JsonObject { Count: 3 } head
                && head.ContainsKey("stream") && head.ContainsKey("bytes") && head.ContainsKey("sha256");
            return isHead ? await DownloadAsync(result!, cancel).ConfigureAwait(false) : result;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            _calls.TryRemove(id, out _);
            var given = new JsonObject { ["method"] = "$/cancelRequest", ["params"] = new JsonObject { ["id"] = id } };
            await SendJsonAsync(given).ConfigureAwait(false);
            throw;
        }
    }

    private async Task SendFileAsync(
        uint stream, Stream source, ChannelReader<int> credits, Task<JsonNode?> answer, CancellationToken cancel)
    {
        var buffer = new byte[ChunkBytes];
        var credit = 0;
        for (;;)
        {
            var size = await source.ReadAsync(buffer, cancel).ConfigureAwait(false);
            for (var sent = 0; sent < size;)
            {
                while (credit == 0)
                {
                    if (!await credits.WaitToReadAsync(cancel).ConfigureAwait(false))
                    {
                        return;
                    }

                    while (credits.TryRead(out var more))
                    {
                        credit += more;
                    }
                }

                if (answer.IsCompleted)
                {
                    return;
                }

                var piece = Math.Min(size - sent, credit);
                await SendChunkAsync(stream, 0, buffer.AsMemory(sent, piece)).ConfigureAwait(false);
                sent += piece;
                credit -= piece;
            }

            if (size == 0)
            {
                await SendChunkAsync(stream, 1, ReadOnlyMemory<byte>.Empty).ConfigureAwait(false);
                return;
            }
        }
    }

    private async Task<JsonNode?> DownloadAsync(JsonNode head, CancellationToken cancel)
    {
        var (stream, size, hash) = ((uint)head["stream"]!, (long)head["bytes"]!, head["sha256"]!.GetValue<string>());
        if (size > LargestResultBytes)
        {
            throw new AirlockException("too_large", "Cannot read the answer: it has " + size + " bytes");
        }

        // Order: known before the first credit, so no chunk can come too early.
        var chunks = Channel.CreateUnbounded<(byte Flags, byte[] Payload)>();
        _downloads[stream] = chunks;
        if (_closing.IsCancellationRequested)
        {
            chunks.Writer.TryComplete(Lost("the connection is closed"));
        }

        try
        {
            var body = new MemoryStream();
            long granted = 0;
            for (;;)
            {
                if (granted - body.Length <= WindowBytes / 2 && granted < size)
                {
                    var more = Math.Min(WindowBytes - (granted - body.Length), size - granted);
                    granted += more;
                    var credit = new JsonObject { ["stream"] = stream, ["bytes"] = more };
                    await SendJsonAsync(new JsonObject { ["method"] = "$/credit", ["params"] = credit }).ConfigureAwait(false);
                }

                var (flags, payload) = await chunks.Reader.ReadAsync(cancel).ConfigureAwait(false);
                if (flags == 2)
                {
                    throw Broken(Encoding.UTF8.GetString(payload));
                }

                body.Write(payload);
                if (flags == 1)
                {
                    break;
                }
            }

            var bytes = body.ToArray();
            if (bytes.Length != size || Convert.ToHexString(SHA256.HashData(bytes)).ToLowerInvariant() != hash)
            {
                throw Broken("it is not what was announced");
            }

            return JsonNode.Parse(bytes);
        }
        catch (ChannelClosedException closed)
        {
            throw closed.InnerException ?? Lost("the connection is closed");
        }
        finally
        {
            _downloads.TryRemove(stream, out _);
        }
    }

    private static AirlockException Broken(string why) =>
        new("unavailable", "Cannot read the answer: " + why, new JsonObject { ["retryable"] = true });

    private Task SendJsonAsync(JsonObject message)
    {
        var whole = new JsonObject { ["jsonrpc"] = "2.0" };
        foreach (var (name, value) in message)
        {
            whole[name] = value?.DeepClone();
        }

        return SendAsync(JsonSerializer.SerializeToUtf8Bytes(whole));
    }

    private Task SendChunkAsync(uint stream, byte flags, ReadOnlyMemory<byte> payload)
    {
        var body = new byte[ChunkHeaderBytes + payload.Length];
        body[0] = 1;
        body[1] = flags;
        BinaryPrimitives.WriteUInt32BigEndian(body.AsSpan(4), stream);
        payload.CopyTo(body.AsMemory(ChunkHeaderBytes));
        return SendAsync(body);
    }

    /// <summary>One frame, whole: never cancelled in its middle, and one after the other.</summary>
    private async Task SendAsync(byte[] body)
    {
        var frame = new byte[4 + body.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)body.Length);
        body.CopyTo(frame, 4);
        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            await _stream.WriteAsync(frame, CancellationToken.None).ConfigureAwait(false);
            await _stream.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            throw Lost(error.Message);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task<byte[]> ReadFrameAsync(CancellationToken cancel)
    {
        try
        {
            var header = new byte[4];
            await _stream.ReadExactlyAsync(header, cancel).ConfigureAwait(false);
            var size = BinaryPrimitives.ReadUInt32BigEndian(header);
            if (size == 0 || size > (uint)_cap)
            {
                throw Lost("the server sent a frame of " + size + " bytes");
            }

            var body = new byte[size];
            await _stream.ReadExactlyAsync(body, cancel).ConfigureAwait(false);
            return body;
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            throw Lost(error.Message);
        }
    }

    /// <summary>Reads until the connection ends, then tells everybody who waits why.</summary>
    private async Task ReadAllAsync()
    {
        Exception end;
        try
        {
            for (;;)
            {
                await ReceiveAsync(await ReadFrameAsync(_closing.Token).ConfigureAwait(false)).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            end = Lost("this side closed the connection");
        }
        catch (AirlockException error)
        {
            end = error;
        }
        catch (Exception error)
        {
            // Order: any other failure is a message of another shape than the protocol's.
            end = Lost("the server sent a malformed message: " + error.Message);
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        foreach (var id in _calls.Keys)
        {
            if (_calls.TryRemove(id, out var call))
            {
                call.TrySetException(end);
            }
        }

        foreach (var download in _downloads.Values)
        {
            download.Writer.TryComplete(end);
        }

        _events.Writer.TryComplete(end);
    }

    private async Task ReceiveAsync(byte[] body)
    {
        if (body[0] == 1 && body.Length >= ChunkHeaderBytes)
        {
            var stream = BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(4));
            if (_downloads.TryGetValue(stream, out var chunks))
            {
                chunks.Writer.TryWrite((body[1], body[ChunkHeaderBytes..]));
            }

            return;
        }

        var message = JsonNode.Parse(body) as JsonObject ?? throw Lost("the server sent no object");
        if (message["method"] is { } method)
        {
            await NotifyAsync(method.GetValue<string>(), message).ConfigureAwait(false);
        }
        else if (message["id"] is JsonValue id && id.TryGetValue(out long number))
        {
            Settle(number, message);
        }
        else
        {
            throw message["error"] is JsonObject error ? ToFailure(error) : Lost("the server sent an answer without id");
        }
    }

    private void Settle(long id, JsonObject message)
    {
        if (!_calls.TryRemove(id, out var call))
        {
            return;
        }

        if (message["error"] is JsonObject error)
        {
            call.TrySetException(ToFailure(error));
        }
        else
        {
            call.TrySetResult(message["result"]);
        }
    }

    private async Task NotifyAsync(string method, JsonObject message)
    {
        var told = message["params"] as JsonObject ?? new JsonObject();
        if (method == "$/credit" && _credits.TryGetValue((uint)told["stream"]!, out var credits))
        {
            credits.Writer.TryWrite((int)told["bytes"]!);
        }
        else if (method == "$/goaway")
        {
            _goaway = told;
        }
        else if (method is "event" or "event/lagged")
        {
            _events.Writer.TryWrite((method, told));
        }
        else if (message["id"] is { } id)
        {
            // The server may ping; it may not ask for anything else.
            var answer = new JsonObject { ["id"] = id.DeepClone() };
            if (method == "ping")
            {
                answer["result"] = new JsonObject();
            }
            else
            {
                answer["error"] = new JsonObject { ["code"] = -32601, ["message"] = "Cannot run " + method + ": a client has no such method" };
            }

            await SendJsonAsync(answer).ConfigureAwait(false);
        }
    }

    private ConnectionLostException Lost(string why) =>
        _goaway is null ? new ConnectionLostException(why) : new ConnectionLostException("it said goaway: " + _goaway["reason"], _goaway);

    private static AirlockException ToFailure(JsonObject error)
    {
        var info = error["data"] as JsonObject;
        var code = Text(info?["code"]);
        return new AirlockException(
            code.Length > 0 ? code : (error["code"]?.ToString() ?? "internal"), Text(error["message"]), info?.DeepClone() as JsonObject);
    }
}

/// <summary>A connection that comes back: what programs use. From one thread at a time; events in a client of their own.</summary>
public sealed class AirlockClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Func<CancellationToken, Task<AirlockConnection>> _open;
    private AirlockConnection? _connection;

    private AirlockClient(Func<CancellationToken, Task<AirlockConnection>> open) => _open = open;

    /// <summary>Find the daemon of this user, and prove both sides to each other.</summary>
    public static async Task<AirlockClient> ConnectAsync(
        string? home = null, string? instance = null, string? kid = null, string? endpoint = null, CancellationToken cancel = default)
    {
        var name = instance ?? AirlockPlaces.Setting("AIRLOCK_INSTANCE") ?? "default";
        var client = new AirlockClient(
            token =>
            {
                // Again for each connection: a restarted daemon may listen elsewhere.
                var (run, keys) = AirlockPlaces.Find(home, name);
                var key = AirlockPlaces.ReadKey(keys, kid ?? AirlockPlaces.Setting("AIRLOCK_KEY") ?? "local");
                var where = endpoint ?? AirlockPlaces.Setting("AIRLOCK_ENDPOINT") ?? AirlockPlaces.ReadEndpoint(run, name);
                return AirlockConnection.OpenAsync(where, name, key, token);
            });
        client._connection = await client._open(cancel).ConfigureAwait(false);
        return client;
    }

    /// <summary>What the daemon told about this key and its limits.</summary>
    public JsonObject Session => _connection?.Session ?? new JsonObject();

    /// <summary>Make a call. <paramref name="repeat"/>: it is safe to send it again after a lost connection.</summary>
    public Task<JsonNode?> CallAsync(string method, JsonObject? parameters = null, bool repeat = false, CancellationToken cancel = default) =>
        AgainAsync(connection => connection.CallAsync(method, parameters, cancel), repeat, cancel);

    /// <summary>Hand over one file; returns once it is durable. Safe to repeat with the same key.</summary>
    public Task<JsonNode?> SubmitAsync(
        string name, Stream source, Guid? idempotencyKey = null, JsonObject? more = null, CancellationToken cancel = default)
    {
        var parameters = (JsonObject?)more?.DeepClone() ?? new JsonObject();
        parameters["name"] = name;
        parameters["idempotencyKey"] = (idempotencyKey ?? Guid.NewGuid()).ToString("D");
        var start = source.Position;
        return AgainAsync(
            async connection =>
            {
                source.Position = start;
                var inline = (long)connection.Session["limits"]!["inline"]!;
                if (source.Length - start > inline)
                {
                    parameters["size"] = source.Length - start;
                    return await connection.UploadAsync("report/submit", parameters, source, cancel).ConfigureAwait(false);
                }

                using var content = new MemoryStream();
                await source.CopyToAsync(content, cancel).ConfigureAwait(false);
                var own = (JsonObject)parameters.DeepClone();
                own["contentBase64"] = Convert.ToBase64String(content.ToArray());
                return await connection.CallAsync("report/submit", own, cancel).ConfigureAwait(false);
            },
            repeat: true,
            cancel);
    }

    /// <summary>
    /// The state first (topic <c>snapshot</c>), then every change; goes on after a lost connection without a gap. Topic <c>lagged</c>: this side
    /// read too slowly, ask for the state anew.
    /// </summary>
    public async IAsyncEnumerable<AirlockEvent> EventsAsync(
        string[] topics, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        JsonObject? since = null;
        for (;;)
        {
            var wanted = new JsonArray();
            foreach (var topic in topics)
            {
                wanted.Add(topic);
            }

            var parameters = new JsonObject { ["topics"] = wanted };
            if (since is not null)
            {
                parameters["since"] = since.DeepClone();
            }

            var opened = (await CallAsync("events/subscribe", parameters, repeat: true, cancel).ConfigureAwait(false))!;
            since = new JsonObject { ["bootId"] = (string?)opened["bootId"], ["cursor"] = (string?)opened["cursor"] };
            if (!(bool)opened["resumed"]!)
            {
                yield return new AirlockEvent("snapshot", opened["snapshot"]);
            }

            var events = _connection!.ReadEventsAsync(opened["subscription"]!.GetValue<string>(), cancel).GetAsyncEnumerator(cancel);
            await using var _ = events.ConfigureAwait(false);
            while (await MoveNextAsync(events).ConfigureAwait(false))
            {
                var (method, told) = events.Current;
                if (method == "event/lagged")
                {
                    yield return new AirlockEvent("lagged", told);
                    continue;
                }

                since["cursor"] = (string?)told["cursor"];
                yield return new AirlockEvent(told["topic"]!.GetValue<string>(), told["data"]);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>False when the connection is lost: the caller subscribes again. (A yield may not stand in a try with a catch.)</summary>
    private static async Task<bool> MoveNextAsync(IAsyncEnumerator<(string Method, JsonObject Params)> events)
    {
        try
        {
            return await events.MoveNextAsync().ConfigureAwait(false);
        }
        catch (ConnectionLostException)
        {
            return false;
        }
        catch (ChannelClosedException)
        {
            return false;
        }
    }

    private async Task<JsonNode?> AgainAsync(
        Func<AirlockConnection, Task<JsonNode?>> work, bool repeat, CancellationToken cancel)
    {
        var end = DateTime.UtcNow + Patience;
        var pause = 100.0;
        for (;;)
        {
            try
            {
                _connection ??= await _open(cancel).ConfigureAwait(false);
                return await work(_connection).ConfigureAwait(false);
            }
            catch (AirlockException error)
            {
                var isLost = error is ConnectionLostException || error.Code is "not_running" or "shutting_down";
                var waitMs = (error.RetryAfterMs ?? pause) * (1 + (0.2 * Random.Shared.NextDouble()));
                if (isLost && _connection is { } gone)
                {
                    _connection = null;
                    await gone.DisposeAsync().ConfigureAwait(false);
                }

                var mayRepeat = error.Code == "rate_limited" || (isLost && (repeat || error.Code is "not_running" or "shutting_down"));
                if (!mayRepeat || DateTime.UtcNow.AddMilliseconds(waitMs) > end)
                {
                    throw;
                }

                pause = isLost ? Math.Min(5000, 2 * pause) : pause;
                await Task.Delay(TimeSpan.FromMilliseconds(waitMs), cancel).ConfigureAwait(false);
            }
        }
    }
}
