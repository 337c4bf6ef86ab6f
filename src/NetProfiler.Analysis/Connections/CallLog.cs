using NetProfiler.Analysis.Exchanges;

namespace NetProfiler.Analysis.Connections;

/// <summary>The calls whose bytes belong to no message yet: the current one, and those that moved what is held.</summary>
internal sealed class CallLog
{
    private const int MaxKept = 8;

    private LoggedCall[] _calls = new LoggedCall[2];
    private int _count;
    private int _notKept;
    private long _latestNotKeptNanoseconds;

    /// <param name="unread">Position of the first byte that belongs to no message yet; calls before it are of no interest.</param>
    public void Add(in LoggedCall call, ulong unread)
    {
        if (_count > 0 && _calls[_count - 1].End <= unread) Clear();
        if (_count == HeldMessage.MaxCalls)
        {
            _notKept++;
            _latestNotKeptNanoseconds = call.ReturnNanoseconds;
            return;
        }

        if (_count == _calls.Length) Array.Resize(ref _calls, _count * 2);
        _calls[_count++] = call;
    }

    /// <summary>Bytes of this stream are a message's: so are the calls that moved them.</summary>
    public void Give(ulong from, ulong to, HeldMessage? message)
    {
        int done = 0;
        for (int i = 0; i < _count && _calls[i].Start < to; i++)
        {
            ulong first = ulong.Max(_calls[i].Start, from), end = ulong.Min(_calls[i].End, to);
            if (end > first) message?.AddCall(_calls[i], (long)(end - first));
            if (_calls[i].End <= to) done = i + 1;
        }

        _count -= done;
        _calls.AsSpan(done, _count).CopyTo(_calls);
        if (_count > 0 || _notKept == 0) return;
        message?.AddCallsNotKept(_notKept, _latestNotKeptNanoseconds);
        _notKept = 0;
    }

    public void Clear() => _count = _notKept = 0;

    /// <summary>Lets go of what only an unusual stream needed.</summary>
    public void Reset()
    {
        Clear();
        if (_calls.Length > MaxKept) _calls = new LoggedCall[2];
    }
}
