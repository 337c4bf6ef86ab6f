using System.Threading.Channels;

namespace NetProfiler.Node.Cluster;

/// <summary>An auto-reset signal with one waiter and any number of senders. Signals before the wait are coalesced into one.</summary>
internal sealed class Signal
{
    private readonly Channel<bool> _said =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public void Set() => _said.Writer.TryWrite(true);

    /// <summary>Consumes a pending signal.</summary>
    public void Clear() => _said.Reader.TryRead(out _);

    /// <summary>Waits for a signal. False if there was none within this time.</summary>
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
