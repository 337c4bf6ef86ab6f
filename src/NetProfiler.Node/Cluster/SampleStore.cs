using NetProfiler.Analysis.Samples;
using NetProfiler.Kubernetes;
using NetProfiler.Node.Samples;
using Prometheus;

namespace NetProfiler.Node.Cluster;

/// <summary>
/// The masked content of samples that a task's lists contain, in memory, for authorized users. A sample is removed when it is no longer
/// listed, or when the limit is exceeded, oldest first.
/// </summary>
internal sealed class SampleStore : IDisposable
{
    /// <summary>Limit for all samples together, as JSON.</summary>
    public const long MaxBytes = 32 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Task, string Id), LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _oldestFirst = [];
    private readonly Counter _evicted;
    private readonly SampleJson _json = new(); // used only by the dispatcher's thread
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

    /// <summary>Number of samples added so far.</summary>
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
            _oldestFirst.AddLast(_entries[key]);
            _bytes += json.Length;
            while (_bytes > MaxBytes && _oldestFirst.First is { } oldest)
            {
                Remove(oldest);
                _evicted.Inc();
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Null if there is no such sample, or if it is no longer listed.</summary>
    public byte[]? Find(string task, string id)
    {
        lock (_lock) return _entries.TryGetValue((task, id), out var entry) ? entry.Value.Json : null;
    }

    /// <summary>Removes a task's samples that its lists do not contain.</summary>
    /// <param name="position">The <see cref="Position"/> before the lists were taken: later samples may be in the lists by now.</param>
    public void Keep(string task, IReadOnlySet<string> listed, long position)
    {
        lock (_lock)
        {
            foreach (var node in _entries.Values.Where(node => node.Value.Key.Task == task && node.Value.Position <= position
                && !listed.Contains(node.Value.Key.Id)).ToList())
                Remove(node);
        }
    }

    /// <summary>Removes the samples of tasks that are not among these.</summary>
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
        _oldestFirst.Remove(node);
        _entries.Remove(node.Value.Key);
        _bytes -= node.Value.Json.Length;
    }

    private sealed record Entry((string Task, string Id) Key, byte[] Json, long Position);
}
