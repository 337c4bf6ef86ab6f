using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Web.Requests;
using NetProfiler.Web.Results;

namespace NetProfiler.Web.Import;

/// <summary>The results of a file: one task, complete. Filled by one thread before it is displayed.</summary>
public sealed class FileResults : IResultsSource, ITaskResults
{
    /// <summary>Maximum number of processes and roles with totals of their own; further ones are counted as "other".</summary>
    private const int MaxRows = 64;

    private readonly Dictionary<(string Process, EndpointRole Role), Sums> _totals = [];
    private readonly Dictionary<(EndpointRole, string, string), Edge> _edges = [];
    private long _unread;
    private long _first = long.MaxValue;
    private long _last;

    internal FileResults(string name, string version)
    {
        Name = name;
        Info = new SourceInfo(SourceKind.File, name, version);
    }

    public SourceInfo Info { get; }

    public IReadOnlyList<ITaskResults> Tasks => [this];

    public string Namespace => "local";

    public string Name { get; }

    public RequestTable Requests { get; } = new();

    public ValueTask<TaskState> StateAsync(CancellationToken cancellation)
    {
        List<Loss> lost = _unread == 0 ? [] : [new Loss("entries or lines that could not be read", _unread, LossKind.Lost)];
        long seen = Requests.Counts.Recorded;
        var exactness = new Exactness(lost.Count > 0 ? ExactnessState.Lossy : ExactnessState.Unknown, seen, lost);
        return ValueTask.FromResult(new TaskState(TaskPhase.Complete, _first / 1000, _last / 1000,
            [.. _totals.Select(one => one.Value.Totals(one.Key.Process, one.Key.Role))], exactness, null));
    }

    public ValueTask<IReadOnlyList<Call>> CallsAsync(int most, CancellationToken cancellation) =>
        ValueTask.FromResult<IReadOnlyList<Call>>([.. Topology.Of(_edges.Values).Take(most)]);

    public ValueTask<IReadOnlyList<TcpPair>> TcpAsync(CancellationToken cancellation) => ValueTask.FromResult<IReadOnlyList<TcpPair>>([]);

    /// <summary>Counts an entry or a line that is not an exchange.</summary>
    internal void CountUnread() => _unread++;

    internal void Add(ref RequestRow row, JoinKey? key)
    {
        Requests.Add(ref row, key);
        _first = long.Min(_first, row.StartNanoseconds);
        _last = long.Max(_last, row.StartNanoseconds + row.DurationNanoseconds);
        var name = (row.Process, row.Role);
        if (!_totals.ContainsKey(name) && _totals.Count >= MaxRows - 2) name.Process = "other";
        if (!_totals.TryGetValue(name, out var sums)) _totals[name] = sums = new Sums();
        sums.Add(row);

        var edge = (row.Role, row.Process, row.Peer);
        if (!_edges.ContainsKey(edge) && _edges.Count >= Edges.MaxEdges - 2) edge = (row.Role, "other", "other");
        if (!_edges.TryGetValue(edge, out var known))
            _edges[edge] = known = new Edge(edge.Role, new Party(PartyKind.Process, null, edge.Item2),
                new Party(PartyKind.Process, null, edge.Item3));
        if (row.Outcome != ExchangeOutcome.Complete) known.AddUnfinished();
        else known.Add(row.Status, row.DurationNanoseconds, row.RequestBytes ?? 0, row.ResponseBytes ?? 0, row.RoundTripMicroseconds,
            row.Retransmissions);
    }

    private sealed class Sums
    {
        private readonly LatencySketch _latency = new();
        private long _clientErrors;
        private long _serverErrors;

        public void Add(in RequestRow row)
        {
            if (row.Outcome != ExchangeOutcome.Complete) return;
            _latency.Add(row.DurationNanoseconds);
            if (row.Status is >= 400 and < 500) _clientErrors++;
            if (row.Status is >= 500 and < 600) _serverErrors++;
        }

        public ProcessTotals Totals(string process, EndpointRole role) => new(
            process, role == EndpointRole.Server ? "server" : "client", _latency.Count, _clientErrors, _serverErrors,
            _latency.Quantile(0.5) / 1000, _latency.Quantile(0.9) / 1000, _latency.Quantile(0.99) / 1000, _latency.MaxNanoseconds / 1000,
            InFlight: 0);
    }
}
