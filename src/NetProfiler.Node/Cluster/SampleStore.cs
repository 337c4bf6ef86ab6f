using NetProfiler.Analysis.Samples;
using NetProfiler.Kubernetes;
using NetProfiler.Node.Samples;
using Prometheus;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// The content of samples that a task's lists name, masked, for who may see it. In memory, and no longer than the lists name it; of more
/// than the bound the oldest of the task go first that keeps most.
/// </summary>
internal sealed class SampleStore : IDisposable
{
    /// <summary>Of all samples together, as JSON.</summary>
    public const long MaxBytes = 32 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Task, string Id), LinkedListNode<Entry>> _entries = [];
    private readonly Dictionary<string, Kept> _tasks = [];
    private readonly Counter _evicted;
    private readonly SampleJson _json = new(); // the dispatcher's
    private long _bytes;
    private long _position;

    public SampleStore(CollectorRegistry metrics)
    {
        _evicted = metrics.Counter("netprofiler_agent_samples_evicted_total",
            "Total number of listed samples that were evicted because the limit of bytes was reached.");
        metrics.Observe("netprofiler_agent_samples_kept", "Number of samples whose content is available.", () => _entries.Count);
        metrics.Observe("netprofiler_agent_samples_kept_bytes", "Size in bytes of the samples whose content is available.",
            () => Volatile.Read(ref _bytes));
    }

    /// <summary>How many were added until now.</summary>
    public long Position
    {
        get
        {
            lock (_lock) return _position;
        }
    }

    /// <summary>The dispatcher's thread only.</summary>
    public ValueTask AddAsync(ShownSample sample)
    {
        if (sample.Task is not { } task) return ValueTask.CompletedTask;
        byte[] json = _json.LineOf(sample).ToArray();
        var key = (task, sample.Id.ToString());
        lock (_lock)
        {
            if (!_entries.TryAdd(key, new LinkedListNode<Entry>(new(key, json, ++_position)))) return ValueTask.CompletedTask;
            if (!_tasks.TryGetValue(task, out var kept)) _tasks[task] = kept = new();
            kept.OldestFirst.AddLast(_entries[key]);
            kept.Bytes += json.Length;
            _bytes += json.Length;
            while (_bytes > MaxBytes)
            {
                Remove(_tasks.Values.MaxBy(one => one.Bytes)!.OldestFirst.First!);
                _evicted.Inc();
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Null: there is none, or no list names it any more.</summary>
    public byte[]? Find(string task, string id)
    {
        lock (_lock) return _entries.TryGetValue((task, id), out var entry) ? entry.Value.Json : null;
    }

    /// <summary>Lets a task's samples go that its lists do not name.</summary>
    /// <param name="position">Of the time before the lists were taken: what came later may be in them by now.</param>
    public void Keep(string task, IReadOnlySet<string> listed, long position)
    {
        lock (_lock)
        {
            foreach (var node in _entries.Values.Where(node => node.Value.Key.Task == task && node.Value.Position <= position
                && !listed.Contains(node.Value.Key.Id)).ToList())
                Remove(node);
        }
    }

    /// <summary>Lets the samples of other tasks go.</summary>
    public void Retain(IReadOnlySet<string> tasks)
    {
        lock (_lock)
        {
            foreach (var node in _entries.Values.Where(node => !tasks.Contains(node.Value.Key.Task)).ToList()) Remove(node);
        }
    }

    public void Dispose() => _json.Dispose();

    private void Remove(LinkedListNode<Entry> node)
    {
        var (key, json, _) = node.Value;
        var kept = _tasks[key.Task];
        kept.OldestFirst.Remove(node);
        kept.Bytes -= json.Length;
        if (kept.OldestFirst.Count == 0) _tasks.Remove(key.Task);
        _entries.Remove(key);
        _bytes -= json.Length;
    }

    /// <summary>What is kept of one task.</summary>
    private sealed class Kept
    {
        public LinkedList<Entry> OldestFirst { get; } = [];

        public long Bytes { get; set; }
    }

    private sealed record Entry((string Task, string Id) Key, byte[] Json, long Position);
}
