using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Node.Output;
using NetProfiler.Node.Settings;

namespace NetProfiler.Node.Topology;

/// <summary>Writes the topology. Names are provided by the machine and the network, so they are escaped, whatever they contain.</summary>
internal static class TopologyWriter
{
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Indented = true };

    public static string Write(TopologyFormat format, IReadOnlyList<Call> calls) => format switch
    {
        TopologyFormat.Dot => Dot(calls),
        TopologyFormat.Mermaid => Mermaid(calls),
        _ => Json(calls),
    };

    private static string Dot(IReadOnlyList<Call> calls)
    {
        var text = new StringBuilder("digraph netprofiler {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n");
        var numbers = Number(calls);
        foreach (var (party, number) in numbers)
            text.Append($"  n{number} "
                + $"[label=\"{DotText(party.ToString())}\"{(party.Kind == PartyKind.External ? ", style=dashed" : "")}];\n");
        foreach (var call in calls)
            text.Append($"  n{numbers[call.Client]} -> n{numbers[call.Server]} "
                + $"[label=\"{string.Join("\\n", Labels(call).Select(DotText))}\"];\n");
        return text.Append("}\n").ToString();
    }

    private static string Mermaid(IReadOnlyList<Call> calls)
    {
        var text = new StringBuilder("flowchart LR\n");
        var numbers = Number(calls);
        foreach (var (party, number) in numbers)
        {
            string name = MermaidText(party.ToString());
            text.Append(party.Kind == PartyKind.External ? $"  n{number}([\"{name}\"])\n" : $"  n{number}[\"{name}\"]\n");
        }

        foreach (var call in calls)
            text.Append($"  n{numbers[call.Client]} -->|\"{string.Join("<br>", Labels(call).Select(MermaidText))}\"| "
                + $"n{numbers[call.Server]}\n");
        return text.ToString();
    }

    private static string Json(IReadOnlyList<Call> calls)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, JsonOptions))
        {
            json.WriteStartObject();
            json.WriteStartArray("edges");
            foreach (var call in calls)
            {
                json.WriteStartObject();
                WriteParty(json, "client", call.Client);
                WriteParty(json, "server", call.Server);
                if (call.AtClient is { } atClient) WriteEdge(json, "atClient", atClient);
                if (call.AtServer is { } atServer) WriteEdge(json, "atServer", atServer);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    private static void WriteParty(Utf8JsonWriter json, string name, Party party)
    {
        json.WriteStartObject(name);
        json.WriteString("kind", party.Kind.ToString().ToLowerInvariant());
        if (party.Namespace is { } one) json.WriteString("namespace", one);
        json.WriteString("name", party.Name);
        json.WriteEndObject();
    }

    private static void WriteEdge(Utf8JsonWriter json, string name, Edge edge)
    {
        json.WriteStartObject(name);
        json.WriteNumber("requests", edge.Requests);
        json.WriteNumber("errors", edge.Errors);
        if (edge.Unfinished > 0) json.WriteNumber("unfinished", edge.Unfinished);
        json.WriteNumber("requestBytes", edge.RequestBytes);
        json.WriteNumber("responseBytes", edge.ResponseBytes);
        json.WriteNumber("p50Microseconds", edge.Latency.Quantile(0.5) / 1000);
        json.WriteNumber("p99Microseconds", edge.Latency.Quantile(0.99) / 1000);
        if (edge.RoundTripMicroseconds > 0) json.WriteNumber("roundTripMicroseconds", edge.RoundTripMicroseconds);
        json.WriteNumber("retransmissions", edge.Retransmissions);
        json.WriteEndObject();
    }

    private static IEnumerable<string> Labels(Call call)
    {
        var edge = call.Seen;
        yield return edge.Errors == 0 ? $"{edge.Requests} calls" : $"{edge.Requests} calls, {edge.Errors} failed";
        if (edge.Unfinished > 0) yield return $"{edge.Unfinished} not finished";
        if (edge.Requests > 0)
            yield return $"p50 {DurationFormat.Of(edge.Latency.Quantile(0.5))}, p99 {DurationFormat.Of(edge.Latency.Quantile(0.99))}";
    }

    private static Dictionary<Party, int> Number(IReadOnlyList<Call> calls)
    {
        var numbers = new Dictionary<Party, int>();
        foreach (var party in calls.SelectMany(call => new[] { call.Client, call.Server })) numbers.TryAdd(party, numbers.Count);
        return numbers;
    }

    private static string DotText(string text) =>
        Printable(text).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    // Mermaid's entities: https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters
    private static string MermaidText(string text) =>
        string.Concat(Printable(text).Select(one => char.IsLetterOrDigit(one) || " -_.,:/[]".Contains(one, StringComparison.Ordinal)
            ? one.ToString() : $"#{(int)one};"));

    private static string Printable(string text) => string.Concat(text.Select(one => char.IsControl(one) ? '·' : one));
}
