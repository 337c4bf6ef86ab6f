using NetProfiler.Analysis.Samples;

namespace NetProfiler.Web.Requests;

/// <summary>The content of the latest samples, within limits. Any thread.</summary>
public sealed class SampleArchive
{
    public const int MaxSamples = 1000;
    public const long MaxBytes = 32 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, ShownSample> _samples = [];
    private readonly Queue<ulong> _oldest = [];
    private long _bytes;
    private long _dropped;

    /// <summary>Number of samples whose content was dropped for newer ones.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    public void Add(ShownSample sample)
    {
        lock (_lock)
        {
            if (!_samples.TryAdd(sample.Id.Bits, sample)) return;
            _oldest.Enqueue(sample.Id.Bits);
            _bytes += sample.HeldBytes;
            while (_samples.Count > MaxSamples || _bytes > MaxBytes)
            {
                _samples.Remove(_oldest.Dequeue(), out var gone);
                _bytes -= gone!.HeldBytes;
                Interlocked.Increment(ref _dropped);
            }
        }
    }

    /// <summary>Null if there is no such sample, or if it was dropped.</summary>
    public ShownSample? Find(ulong id)
    {
        lock (_lock) return _samples.GetValueOrDefault(id);
    }
}
