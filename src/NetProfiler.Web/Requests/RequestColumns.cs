using System.Text.Json;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Samples;

namespace NetProfiler.Web.Requests;

/// <summary>
/// Writes rows as JSON columns: one array per field, each text once in a table of strings, -1 for unknown values. A browser can parse a
/// hundred thousand rows in this form, but not as that many objects.
/// </summary>
public static class RequestColumns
{
    /// <param name="from">Number of the first row to write: <c>next</c> of the previous response.</param>
    public static void Write(Utf8JsonWriter json, RequestTable table, RequestFilter filter, long from)
    {
        var columns = new Columns();
        long next = from;
        table.Read(from, (in RequestRow row) =>
        {
            next = row.Id + 1;
            if (filter.Matches(row)) columns.Add(row);
        });
        json.WriteStartObject();
        json.WriteNumber("next"u8, next);
        json.WriteStartArray("revoked"u8);
        foreach (long id in table.Revoked) json.WriteNumberValue(id);
        json.WriteEndArray();
        columns.Write(json);
        json.WriteEndObject();
    }

    private sealed class Columns
    {
        // The name of each column, in the order of the columns.
        private static readonly string[] Names =
        [
            "id", "time", "role", "status", "duration", "firstByte", "queue", "receive", "application", "write", "send", "wait", "process",
            "pid", "peer",
            "method", "target", "host", "headers", "local", "remote", "rule", "requestBytes", "responseBytes", "rtt", "retransmissions",
            "sampled", "pairing", "outcome", "reason", "content", "partner", "join",
        ];

        private readonly Dictionary<string, long> _strings = [];
        private readonly List<long> _cells = [];

        public void Add(in RequestRow row)
        {
            Put(row.Id, Micro(row.StartNanoseconds), row.Role == EndpointRole.Server ? 1 : 0);
            bool isUnanswered = row.Outcome == ExchangeOutcome.Unanswered;
            Put(isUnanswered ? -1 : row.Status, Micro(row.DurationNanoseconds), isUnanswered ? -1 : Micro(row.TimeToFirstByteNanoseconds));
            AddPhases(row);
            Put(Text(row.Process), row.ProcessId, Text(row.Peer), Text(row.Method), Text(row.Target), Text(row.Host));
            Put(Text(row.Headers ?? ""), Text(row.Local), Text(row.Remote), Text(row.Rule));
            Put(row.RequestBytes ?? -1, row.ResponseBytes ?? -1, row.RoundTripMicroseconds == 0 ? -1 : row.RoundTripMicroseconds,
                row.Retransmissions);
            Put(Text(ShownSample.NameOf(row.SampledAs)), (long)row.Pairing, (long)row.Outcome, Text(ShownSample.NameOf(row.EndedBy)),
                row.Sample == 0 ? 0 : 1, row.Partner, (long)row.Join);
        }

        public void Write(Utf8JsonWriter json)
        {
            json.WriteStartArray("strings"u8);
            foreach (string text in _strings.Keys) json.WriteStringValue(text);
            json.WriteEndArray();
            json.WriteStartObject("columns"u8);
            for (int column = 0; column < Names.Length; column++)
            {
                json.WriteStartArray(Names[column]);
                for (int cell = column; cell < _cells.Count; cell += Names.Length) json.WriteNumberValue(_cells[cell]);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        // Truncated as in printed lines, so that their sum is the truncated duration.
        private void AddPhases(in RequestRow row)
        {
            var phases = row.Phases;
            long passed = 0;
            if (phases.Role == EndpointRole.Server)
            {
                Put(phases.QueueNanoseconds is { } queue ? Micro(queue) : -1, Next(phases.ReceiveNanoseconds, ref passed),
                    Next(phases.ApplicationNanoseconds, ref passed));
                Put(Next(phases.WriteNanoseconds, ref passed), -1, -1);
            }
            else if (phases.Role == EndpointRole.Client)
            {
                long send = Next(phases.SendNanoseconds, ref passed), wait = Next(phases.WaitNanoseconds, ref passed);
                long queue = phases.QueueNanoseconds is { } known ? Next(known, ref passed) : -1;
                Put(queue, Next(phases.ReceiveNanoseconds, ref passed), -1, -1, send, wait);
            }
            else
            {
                Put(-1, -1, -1, -1, -1, -1);
            }
        }

        private static long Next(long nanoseconds, ref long passed)
        {
            long before = passed / 1000;
            passed += nanoseconds;
            return (passed / 1000) - before;
        }

        private static long Micro(long nanoseconds) => nanoseconds / 1000;

        private void Put(params ReadOnlySpan<long> cells)
        {
            foreach (long cell in cells) _cells.Add(cell);
        }

        private long Text(string text)
        {
            if (_strings.TryGetValue(text, out long index)) return index;
            return _strings[text] = _strings.Count;
        }
    }
}
