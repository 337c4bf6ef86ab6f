using NetProfiler.Analysis.Buffers;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Statistics;

namespace NetProfiler.Analysis.Redaction;

/// <summary>Masks secrets in the bytes of socket events, in place and without changing lengths, before they leave the process.</summary>
/// <remarks>Single-threaded. The bytes of an unknown connection are masked completely.</remarks>
public sealed class EventMasker(RedactionPolicy policy)
{
    /// <summary>Same as the limit of the analysis.</summary>
    private const int MaxConnections = 65_536;

    /// <summary>How long the state of a connection is kept after its end: a program can still read what arrived before.</summary>
    private const long LingerNanoseconds = 5_000_000_000;

    private readonly Redactor _redactor = new(policy);
    private readonly Dictionary<ulong, MaskedConnection> _connections = [];
    private readonly HeldBuffers _buffers = new();
    private readonly CaptureStatistics _notCounted = new();
    private readonly Queue<(ulong Connection, long UntilNanoseconds)> _closed = [];

    public void OnOpen(ulong connection, bool isFromStart)
    {
        if (_connections.ContainsKey(connection)) return;
        if (_connections.Count == MaxConnections && _closed.TryDequeue(out var oldest)) Forget(oldest.Connection);
        if (_connections.Count == MaxConnections) return;
        _connections.Add(connection, new MaskedConnection(_redactor, isFromStart, _buffers, _notCounted));
    }

    /// <param name="bytes">The writable bytes of the event.</param>
    public void Mask(in SocketData data, Span<byte> bytes)
    {
        if (_connections.TryGetValue(data.Connection, out var connection)) connection.Mask(data, bytes);
        else ByteMask.MaskAll(bytes);
    }

    public void OnClose(ulong connection, long timeNanoseconds)
    {
        _closed.Enqueue((connection, timeNanoseconds + LingerNanoseconds));
        while (_closed.TryPeek(out var oldest) && timeNanoseconds >= oldest.UntilNanoseconds)
        {
            _closed.Dequeue();
            Forget(oldest.Connection);
        }
    }

    /// <summary>Releases the state of a connection whose end was not reported.</summary>
    public void Forget(ulong connection)
    {
        if (_connections.Remove(connection, out var gone)) gone.Release();
    }
}
