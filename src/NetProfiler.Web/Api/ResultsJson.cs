using System.Text.Json;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Web.Results;

namespace NetProfiler.Web.Api;

/// <summary>
/// The responses of the API as JSON, the same for the server and for a report file. Durations are in microseconds, times in microseconds
/// since 1970.
/// </summary>
internal static class ResultsJson
{
    /// <summary>Maximum number of edges of the topology in a response; the busiest are kept.</summary>
    public const int MaxCalls = 200;

    /// <summary>Number of rows of the heatmap: powers of two from 1 µs to above a minute.</summary>
    private const int HeatRows = 27;

    private const int FirstPower = 10; // 1024 ns

    public static void WriteSource(Utf8JsonWriter json, SourceInfo info) =>
        JsonSerializer.Serialize(json, info, WebJson.Default.SourceInfo);

    public static async Task WriteTasksAsync(Utf8JsonWriter json, IResultsSource source, CancellationToken cancellation)
    {
        json.WriteStartObject();
        json.WriteStartArray("items"u8);
        foreach (var task in source.Tasks)
        {
            var state = await task.StateAsync(cancellation).ConfigureAwait(false);
            json.WriteStartObject();
            json.WriteString("namespace"u8, task.Namespace);
            json.WriteString("name"u8, task.Name);
            json.WritePropertyName("state"u8);
            JsonSerializer.Serialize(json, state, WebJson.Default.TaskState);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static async Task WriteTaskAsync(Utf8JsonWriter json, ITaskResults task, CancellationToken cancellation)
    {
        var state = await task.StateAsync(cancellation).ConfigureAwait(false);
        json.WriteStartObject();
        json.WriteString("namespace"u8, task.Namespace);
        json.WriteString("name"u8, task.Name);
        json.WritePropertyName("state"u8);
        JsonSerializer.Serialize(json, state, WebJson.Default.TaskState);
        json.WritePropertyName("requests"u8);
        JsonSerializer.Serialize(json, task.Requests.Counts, WebJson.Default.RequestCounts);
        json.WriteEndObject();
    }

    public static void WriteSeries(Utf8JsonWriter json, TimeSlots slots)
    {
        json.WriteStartObject();
        json.WriteNumber("start"u8, slots.StartNanoseconds / 1000);
        json.WriteNumber("slot"u8, slots.SlotNanoseconds / 1000);
        json.WriteNumber("slots"u8, slots.Used);
        json.WriteStartArray("series"u8);
        foreach (var series in slots.All)
        {
            json.WriteStartObject();
            json.WriteString("rule"u8, series.Rule);
            json.WriteString("role"u8, RoleOf(series.Role));
            WriteSlots(json, "requests"u8, series, slots.Used, slot => slot.Count);
            WriteSlots(json, "clientErrors"u8, series, slots.Used, slot => slot.ClientErrors);
            WriteSlots(json, "serverErrors"u8, series, slots.Used, slot => slot.ServerErrors);
            WriteSlots(json, "p50"u8, series, slots.Used, slot => slot.Latency.Quantile(0.5) / 1000);
            WriteSlots(json, "p99"u8, series, slots.Used, slot => slot.Latency.Quantile(0.99) / 1000);
            WriteHeat(json, series, slots.Used);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteCalls(Utf8JsonWriter json, IReadOnlyList<Call> calls)
    {
        json.WriteStartObject();
        json.WriteStartArray("edges"u8);
        foreach (var call in calls)
        {
            json.WriteStartObject();
            WriteParty(json, "client"u8, call.Client);
            WriteParty(json, "server"u8, call.Server);
            if (call.AtClient is { } atClient) WriteEdge(json, "atClient"u8, atClient);
            if (call.AtServer is { } atServer) WriteEdge(json, "atServer"u8, atServer);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteTcp(Utf8JsonWriter json, IReadOnlyList<TcpPair> pairs)
    {
        json.WriteStartObject();
        json.WritePropertyName("pairs"u8);
        JsonSerializer.Serialize(json, pairs, WebJson.Default.IReadOnlyListTcpPair);
        json.WriteEndObject();
    }

    private static void WriteSlots(Utf8JsonWriter json, ReadOnlySpan<byte> name, TimeSlots.Series series, int used,
        Func<TimeSlots.Slot, long> value)
    {
        json.WriteStartArray(name);
        for (int i = 0; i < used; i++) json.WriteNumberValue(series.Slots[i] is { } slot ? value(slot) : 0);
        json.WriteEndArray();
    }

    // For each slot, pairs of row and count for the rows that are not empty.
    private static void WriteHeat(Utf8JsonWriter json, TimeSlots.Series series, int used)
    {
        Span<long> powers = stackalloc long[FirstPower + HeatRows];
        json.WriteStartArray("heat"u8);
        for (int i = 0; i < used; i++)
        {
            json.WriteStartArray();
            if (series.Slots[i] is { } slot)
            {
                slot.Latency.CountByPower(powers);
                for (int power = 0; power < FirstPower; power++) powers[FirstPower] += powers[power];
                for (int row = 0; row < HeatRows; row++)
                {
                    if (powers[FirstPower + row] == 0) continue;
                    json.WriteNumberValue(row);
                    json.WriteNumberValue(powers[FirstPower + row]);
                }
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void WriteParty(Utf8JsonWriter json, ReadOnlySpan<byte> name, Party party)
    {
        json.WriteStartObject(name);
        json.WriteString("kind"u8, party.Kind.ToString().ToLowerInvariant());
        if (party.Namespace is { } one) json.WriteString("namespace"u8, one);
        json.WriteString("name"u8, party.Name);
        json.WriteEndObject();
    }

    private static void WriteEdge(Utf8JsonWriter json, ReadOnlySpan<byte> name, Edge edge)
    {
        json.WriteStartObject(name);
        json.WriteNumber("requests"u8, edge.Requests);
        json.WriteNumber("errors"u8, edge.Errors);
        json.WriteNumber("unfinished"u8, edge.Unfinished);
        json.WriteNumber("requestBytes"u8, edge.RequestBytes);
        json.WriteNumber("responseBytes"u8, edge.ResponseBytes);
        json.WriteNumber("p50"u8, edge.Latency.Quantile(0.5) / 1000);
        json.WriteNumber("p99"u8, edge.Latency.Quantile(0.99) / 1000);
        if (edge.RoundTripMicroseconds > 0) json.WriteNumber("rtt"u8, edge.RoundTripMicroseconds);
        json.WriteNumber("retransmissions"u8, edge.Retransmissions);
        json.WriteEndObject();
    }

    private static string RoleOf(EndpointRole role) => role switch
    {
        EndpointRole.Server => "server",
        EndpointRole.Client => "client",
        _ => "unknown",
    };
}
