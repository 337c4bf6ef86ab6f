using NetProfiler.Analysis.Buffers;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// The masking state of both directions of a recorded connection, and its unanswered requests, which determine the framing of responses.
/// </summary>
internal sealed class MaskedConnection
{
    private readonly MaskedStream _ingress;
    private readonly MaskedStream _egress;
    private readonly Queue<RequestMethod> _unanswered = [];
    private MaskedStream? _aheadStream;
    private int _ahead;
    private bool _mayTunnel;

    /// <param name="notCounted">Separate counters, because the analysis counts the same bytes.</param>
    public MaskedConnection(Redactor redactor, bool isFromStart, HeldBuffers buffers, CaptureStatistics notCounted)
    {
        _ingress = new MaskedStream(this, Direction.Ingress, redactor, buffers, notCounted);
        _egress = new MaskedStream(this, Direction.Egress, redactor, buffers, notCounted);
        _ingress.Begin(isFromStart);
        _egress.Begin(isFromStart);
    }

    /// <summary>Whether messages were missed, so that responses can no longer be matched to requests.</summary>
    public bool WasLost { get; private set; }

    public void Mask(in SocketData data, Span<byte> bytes) => (data.Direction == Direction.Ingress ? _ingress : _egress).Mask(data, bytes);

    /// <summary>The method of the request that the next response in this stream answers. Null if it is unknown.</summary>
    public RequestMethod? TakeAnswered(MaskedStream responses)
    {
        if (WasLost) return _mayTunnel ? RequestMethod.Connect : null;
        if (_unanswered.TryDequeue(out var method)) return method;

        // Another thread may read the response before the writing call returns.
        _ahead++;
        _aheadStream = responses;
        return null;
    }

    public void OnRequest(RequestMethod method)
    {
        _mayTunnel |= method == RequestMethod.Connect;
        if (WasLost) return;
        if (_ahead > 0)
        {
            _ahead--;
            if (_ahead == 0 && method == RequestMethod.Head && _aheadStream is { IsBodyDoubtful: true } responses) responses.EndBody();
        }
        else if (_unanswered.Count < PendingExchanges.MaxPendingRequests)
        {
            _unanswered.Enqueue(method);
        }
        else
        {
            ForgetRequests();
        }
    }

    /// <summary>
    /// Messages were missed. From here on, responses cannot be matched to requests, because any response may belong to a missed one.
    /// </summary>
    public void ForgetRequests()
    {
        WasLost = true;
        _unanswered.Clear();
    }

    public void BecomeOpaque()
    {
        _ingress.BecomeOpaque();
        _egress.BecomeOpaque();
    }

    public void Release()
    {
        _ingress.Release();
        _egress.Release();
    }
}
