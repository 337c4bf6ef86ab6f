using System.Text;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Traces;

namespace NetProfiler.Analysis.TopLists;

/// <summary>The values that a list keeps of an exchange. The object is reused for later ones: no allocation per exchange.</summary>
public sealed class TopEntry
{
    /// <summary>Maximum length of a target; the rest is cut off.</summary>
    public const int MaxTargetBytes = 256;

    private const int MaxMethodBytes = 16;
    private readonly byte[] _target = new byte[MaxTargetBytes];
    private readonly byte[] _method = new byte[MaxMethodBytes];
    private int _targetLength;
    private int _methodLength;

    public long DurationNanoseconds { get; private set; }
    public long StartNanoseconds { get; private set; }

    /// <summary>0 if no response began.</summary>
    public int Status { get; private set; }

    /// <summary>Which side ended the connection before the response was complete. None if it is complete.</summary>
    public EndedBy EndedBy { get; private set; }
    public string Process { get; private set; } = "";

    /// <summary>Null if the peers were not resolved.</summary>
    public PeerPair? Peers { get; private set; }

    /// <summary>Null if the exchange was not sampled.</summary>
    public SampleTag? Tag { get; private set; }

    public string Method => Encoding.UTF8.GetString(_method, 0, _methodLength);

    public string Target => Encoding.UTF8.GetString(_target, 0, _targetLength);

    internal void Set(in Exchange exchange, PeerPair? peers, SampleTag? tag)
    {
        Tag = tag;
        Peers = peers;
        DurationNanoseconds = exchange.DurationNanoseconds;
        StartNanoseconds = exchange.StartNanoseconds;
        Status = exchange.Status;
        EndedBy = exchange.EndedBy;
        Process = exchange.Connection.Process.Name;
        _targetLength = Copy(exchange.Target, _target);
        _methodLength = Copy(exchange.Method, _method);
    }

    /// <summary>An immutable copy.</summary>
    internal TopEntry Clone()
    {
        var clone = new TopEntry
        {
            DurationNanoseconds = DurationNanoseconds,
            StartNanoseconds = StartNanoseconds,
            Status = Status,
            EndedBy = EndedBy,
            Process = Process,
            Tag = Tag,
            Peers = Peers,
            _targetLength = _targetLength,
            _methodLength = _methodLength,
        };
        _target.CopyTo(clone._target, 0);
        _method.CopyTo(clone._method, 0);
        return clone;
    }

    private static int Copy(ReadOnlySpan<byte> from, byte[] to)
    {
        int length = int.Min(from.Length, to.Length);
        from[..length].CopyTo(to);
        return length;
    }
}

/// <summary>The sample of an exchange on a list.</summary>
public sealed record SampleTag(SpanId Id, string Rule, SampledAs SampledAs, TraceReference? Trace);
