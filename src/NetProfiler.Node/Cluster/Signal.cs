using System.Threading.Channels;

namespace NetProfiler.Node.Cluster;

/// <summary>Something has changed: one waits for it, any number say so, and what is said twice before it is heard is said once.</summary>
internal sealed class Signal
{
    private readonly Channel<bool> _said =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public void Set() => _said.Writer.TryWrite(true);

    /// <summary>Hears it where it was said.</summary>
    public void Clear() => _said.Reader.TryRead(out _);

    /// <summary>False: it was not said within this time.</summary>
    public async Task<bool> WaitAsync(TimeSpan patience, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        end.CancelAfter(patience);
        try
        {
            return await _said.Reader.ReadAsync(end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
