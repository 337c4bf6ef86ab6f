using System.Numerics;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Statistics;

/// <summary>Protocol violations between the messages of a connection.</summary>
public enum ConnectionAnomaly
{
    /// <summary>A request after one with "close", or after its response (RFC 9112, section 9.6).</summary>
    RequestAfterClose,

    /// <summary>A final response before its request was complete (RFC 9112, section 9.3).</summary>
    EarlyResponse,

    /// <summary>A response for which there is no request: a symptom of response splitting.</summary>
    UnsolicitedResponse,
}

/// <summary>
/// Messages that two parsers could interpret differently, by kind: the means of request smuggling and response splitting. A finding, not a
/// loss. Ring-buffer thread only.
/// </summary>
public sealed class ProtocolAnomalies
{
    private readonly long[] _heads = new long[16];
    private readonly long[] _faults = new long[Enum.GetValues<InvalidReason>().Length];
    private readonly long[] _connections = new long[Enum.GetValues<ConnectionAnomaly>().Length];

    /// <summary>Every kind with its count, in a stable order. The kinds are a closed set.</summary>
    public IEnumerable<(string Kind, long Count)> All =>
    [
        .. Enum.GetValues<HeadAnomalies>().Where(kind => kind != HeadAnomalies.None)
            .Select(kind => ($"{kind}", _heads[BitOperations.Log2((uint)kind)])),
        .. Enum.GetValues<InvalidReason>().Where(IsFault).Select(reason => ($"Invalid{reason}", _faults[(int)reason])),
        .. Enum.GetValues<ConnectionAnomaly>().Select(kind => ($"{kind}", _connections[(int)kind])),
    ];

    public long Of(HeadAnomalies kind) => _heads[BitOperations.Log2((uint)kind)];

    public long Of(InvalidReason reason) => _faults[(int)reason];

    public long Of(ConnectionAnomaly kind) => _connections[(int)kind];

    internal void Count(HeadAnomalies kinds)
    {
        for (uint rest = (uint)kinds; rest != 0; rest &= rest - 1) _heads[BitOperations.TrailingZeroCount(rest)]++;
    }

    /// <summary>Counts the reason for which bytes on an HTTP/1.x connection are invalid.</summary>
    internal void Count(InvalidReason reason)
    {
        if (IsFault(reason)) _faults[(int)reason]++;
    }

    internal void Count(ConnectionAnomaly kind) => _connections[(int)kind]++;

    // Faulty framing fields are counted with their head; the others are other protocols, not faults.
    private static bool IsFault(InvalidReason reason) => reason is not
        (InvalidReason.None or InvalidReason.ContentLength or InvalidReason.TransferEncoding or InvalidReason.TlsRecord
        or InvalidReason.Http2Preface or InvalidReason.Incomplete);
}
