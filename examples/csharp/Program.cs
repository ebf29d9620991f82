// airlock-client FILE…: submits files and waits until each has ended. airlock-client --check FOLDER: checks the proofs of golden transcripts.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using System.Threading.Tasks;

namespace Airlock;

public static class Program
{
    private static readonly string[] Ended = { "converted", "skipped", "rejected", "failed", "stopped", "crashed", "quarantined", "deleted" };

    public static async Task<int> Main(string[] args)
    {
        if (args.Length == 2 && args[0] == "--check")
        {
            return CheckTranscripts(args[1]);
        }

        try
        {
            return await SubmitAsync(args).ConfigureAwait(false);
        }
        catch (AirlockException error)
        {
            Console.Error.WriteLine(error.Code + ": " + error.Message);
            return error.IsRetryable ? 75 : 1;
        }
    }

    private static async Task<int> SubmitAsync(string[] paths)
    {
        await using var calls = await AirlockClient.ConnectAsync().ConfigureAwait(false);
        await using var watch = await AirlockClient.ConnectAsync().ConfigureAwait(false);
        var waiting = new Dictionary<string, string>();
        var worst = 0;

        void End(string id, string state)
        {
            if (Ended.Contains(state) && waiting.Remove(id, out var path))
            {
                Console.WriteLine(path + " " + id + " " + state);
                worst = state is "converted" or "skipped" ? worst : 65;
            }
        }

        var isFirst = true;
        await foreach (var (topic, data) in watch.EventsAsync(new[] { "submission" }).ConfigureAwait(false))
        {
            if (isFirst)
            {
                // Order: subscribed before anything is submitted, so that no change is missed.
                isFirst = false;
                foreach (var path in paths)
                {
                    await using var file = File.OpenRead(path);
                    var answer = await calls.SubmitAsync(Path.GetFileName(path), file).ConfigureAwait(false);
                    waiting[answer!["submissionId"]!.GetValue<string>()] = path;
                }
            }
            else if (topic == "submission")
            {
                End(data!["submissionId"]!.GetValue<string>(), data["state"]!.GetValue<string>());
            }
            else
            {
                // A new snapshot, or "lagged": changes may have been missed.
                foreach (var id in waiting.Keys.ToArray())
                {
                    var parameters = new JsonObject { ["submissionId"] = id };
                    var found = await calls.CallAsync("submission/get", parameters, repeat: true).ConfigureAwait(false);
                    End(id, found!["state"]!.GetValue<string>());
                }
            }

            if (waiting.Count == 0)
            {
                break;
            }
        }

        return worst;
    }

    /// <summary>Every proof of every transcript, computed anew: the first thing a client in another language gets right or wrong.</summary>
    private static int CheckTranscripts(string folder)
    {
        var wrong = 0;
        foreach (var path in Directory.EnumerateFiles(folder, "*.jsonl").Order())
        {
            var lines = File.ReadLines(path).Select(line => JsonNode.Parse(line)!.AsObject()).ToArray();
            var meta = lines[0]["meta"]!;
            var key = Convert.FromBase64String(meta["key"]!["key"]!.GetValue<string>().Replace('-', '+').Replace('_', '/') + "=");
            var frames = lines.Skip(1).Where(line => line["json"] is not null).Select(line => line["json"]!).ToArray();
            var greeted = frames.FirstOrDefault(frame => frame["result"]?["proof"] is not null)?["result"];
            var isKnown = frames.Any(frame => frame["result"]?["session"] is not null);
            if (greeted is null || !isKnown)
            {
                continue;
            }

            string Prove(string side) => AirlockConnection.Prove(
                key,
                side,
                meta["instance"]!.GetValue<string>(),
                meta["endpoint"]!.GetValue<string>(),
                meta["clientNonce"]!.GetValue<string>(),
                greeted["nonce"]!.GetValue<string>());
            var theirs = frames.First(frame => frame["params"]?["proof"] is not null)["params"]!["proof"]!.GetValue<string>();
            var isRight = Prove("server") == greeted["proof"]!.GetValue<string>() && Prove("client") == theirs;
            wrong += isRight ? 0 : 1;
            Console.WriteLine((isRight ? "right " : "WRONG ") + Path.GetFileName(path));
        }

        return wrong == 0 ? 0 : 1;
    }
}
