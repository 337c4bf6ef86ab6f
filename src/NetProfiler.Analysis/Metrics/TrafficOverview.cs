using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Analysis.Metrics;

/// <summary>Totals per process and role: number of requests, outcomes, durations. Ring-buffer thread only.</summary>
public sealed class TrafficOverview
{
    /// <summary>Maximum number of rows. Further processes share one row per role.</summary>
    public const int MaxRows = 64;

    /// <summary>Totals of one process in one role. Readers compute rates from two snapshots.</summary>
    public sealed record Row(string Process, EndpointRole Role)
    {
        private readonly long[] _classes = new long[6];

        /// <summary>
        /// Number of exchanges by status class: index 1 to 5 for 1xx to 5xx, index 0 for a status below 100 or above 599.
        /// </summary>
        public ReadOnlySpan<long> StatusClasses => _classes;

        public LatencySketch Latency { get; private init; } = new();

        /// <summary>Number of requests in flight at the time of the snapshot, including open streams.</summary>
        public long InFlight { get; private init; }

        internal InFlight Requests { get; } = new();

        internal void Record(int status, long durationNanoseconds)
        {
            _classes[status is >= 100 and < 600 ? status / 100 : 0]++;
            Latency.Add(durationNanoseconds);
        }

        internal Row Snapshot()
        {
            var copy = new Row(Process, Role) { Latency = Latency.Snapshot(), InFlight = Requests.Count };
            _classes.CopyTo(copy._classes, 0);
            return copy;
        }
    }

    private readonly Dictionary<(string, EndpointRole), Row> _rows = [];

    // Consecutive exchanges often belong to the same pair, so the latest row is found without the table.
    private PeerPair? _latest;
    private Row? _latestRow;

    public void Record(PeerPair peers, int status, long durationNanoseconds)
    {
        if (_latestRow is null || peers != _latest) (_latest, _latestRow) = (peers, RowOf(peers.Process, peers.Role));
        _latestRow.Record(status, durationNanoseconds);
    }

    /// <summary>A copy of the rows for other threads, busiest first.</summary>
    public Row[] Snapshot() => [.. _rows.Values.OrderByDescending(row => row.Latency.Count).ThenByDescending(row => row.Requests.Count)
        .Select(row => row.Snapshot())];

    /// <summary>The counter of a process's requests in flight. The same object for the lifetime of the row.</summary>
    public InFlight InFlightOf(string process, EndpointRole role) => RowOf(process, role).Requests;

    private Row RowOf(string process, EndpointRole role)
    {
        var key = (Process: process, role);
        if (_rows.TryGetValue(key, out var row)) return row;
        if (_rows.Count >= MaxRows - 2) key.Process = "other";
        if (_rows.TryGetValue(key, out row)) return row;
        return _rows[key] = new Row(key.Process, role);
    }
}
