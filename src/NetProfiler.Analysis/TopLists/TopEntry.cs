using System.Text;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Traces;

namespace NetProfiler.Analysis.TopLists;

/// <summary>What a list remembers of an exchange. The object is used again for the next one: no allocation per exchange.</summary>
public sealed class TopEntry
{
    /// <summary>More of a target is cut off.</summary>
    public const int MaxTargetBytes = 256;

    private const int MaxMethodBytes = 16;
    private readonly byte[] _target = new byte[MaxTargetBytes];
    private readonly byte[] _method = new byte[MaxMethodBytes];
    private int _targetLength;
    private int _methodLength;

    public long DurationNanoseconds { get; private set; }
    public long StartNanoseconds { get; private set; }

    /// <summary>0: no response was begun.</summary>
    public int Status { get; private set; }

    /// <summary>Who ended the connection before the response was whole; none: it is whole.</summary>
    public EndedBy EndedBy { get; private set; }
    public string Process { get; private set; } = "";

    /// <summary>Null: it was not asked who they are.</summary>
    public PeerPair? Peers { get; private set; }

    /// <summary>Null: the exchange was listed, and not sampled.</summary>
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

    /// <summary>A copy that stays as it is.</summary>
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

/// <summary>What a list knows of an exchange that was sampled.</summary>
public sealed record SampleTag(SpanId Id, string Rule, SampledAs SampledAs, TraceReference? Trace);
