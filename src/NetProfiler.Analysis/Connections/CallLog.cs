using NetProfiler.Analysis.Exchanges;

namespace NetProfiler.Analysis.Connections;

/// <summary>The calls whose bytes do not belong to a message yet: the current call, and the calls that moved the held bytes.</summary>
internal sealed class CallLog
{
    private const int MaxKept = 8;

    private LoggedCall[] _calls = new LoggedCall[2];
    private int _count;
    private int _notKept;
    private long _latestNotKeptNanoseconds;

    /// <param name="unread">Position of the first byte that does not belong to a message yet; earlier calls are no longer needed.</param>
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

    /// <summary>Assigns a range of the stream, and the calls that moved it, to a message.</summary>
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

    /// <summary>Clears the log and releases the memory that only an unusual stream needs.</summary>
    public void Reset()
    {
        Clear();
        if (_calls.Length > MaxKept) _calls = new LoggedCall[2];
    }
}
