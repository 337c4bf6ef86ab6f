using System.Collections.Immutable;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>The held content of one message, and the calls that moved it. Instances are reused.</summary>
internal sealed class HeldMessage(MessageHolding holding, int maxBodyBytes)
{
    /// <summary>Maximum number of calls recorded per message; further calls are only counted.</summary>
    public const int MaxCalls = 32;

    private byte[]? _head;
    private int _headLength;
    private byte[]? _body;
    private int _bodyLength;
    private LoggedCall[] _calls = new LoggedCall[2];
    private long[] _callBytes = new long[2];
    private int _callCount;
    private LoggedCall _latest;

    public ReadOnlySpan<byte> Head => _head.AsSpan(0, _headLength);

    /// <summary>The body as on the wire, contiguous from its first byte.</summary>
    public ReadOnlySpan<byte> Body => _body.AsSpan(0, _bodyLength);

    /// <summary>Whether the body continues after what is held.</summary>
    public bool IsBodyCut { get; private set; }

    /// <summary>Whether no more of the body will be held.</summary>
    public bool IsFull => IsBodyCut || _bodyLength >= maxBodyBytes;

    public int CallsNotKept { get; private set; }

    public bool HasCalls => _callCount > 0;

    public long StartNanoseconds => _calls[0].CallNanoseconds;

    public long EndNanoseconds { get; private set; }

    public void HoldHead(ReadOnlySpan<byte> head)
    {
        _head = holding.TryRent(head.Length);
        if (_head is null) return;
        head.CopyTo(_head);
        _headLength = head.Length;
    }

    public void HoldBody(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || IsBodyCut) return;
        int room = maxBodyBytes - _bodyLength;
        if (bytes.Length > room)
        {
            IsBodyCut = true;
            bytes = bytes[..room];
            if (bytes.IsEmpty) return;
        }

        if (!TryMakeRoom(_bodyLength + bytes.Length))
        {
            IsBodyCut = true;
            return;
        }

        bytes.CopyTo(_body.AsSpan(_bodyLength));
        _bodyLength += bytes.Length;
    }

    /// <summary>Bytes of the body were missed: later bytes would not be contiguous with what is held.</summary>
    public void CutBody() => IsBodyCut = true;

    /// <summary>Adds a call that moved bytes of this message. The parts of one call are consecutive.</summary>
    public void AddCall(in LoggedCall call, long bytes)
    {
        EndNanoseconds = long.Max(EndNanoseconds, call.ReturnNanoseconds);
        bool isSame = _callCount > 0 && call.IsSameAs(_latest);
        _latest = call;
        if (isSame)
        {
            if (CallsNotKept == 0) _callBytes[_callCount - 1] += bytes;
            return;
        }

        if (_callCount == MaxCalls)
        {
            CallsNotKept++;
            return;
        }

        if (_callCount == _calls.Length)
        {
            Array.Resize(ref _calls, _callCount * 2);
            Array.Resize(ref _callBytes, _callCount * 2);
        }

        _calls[_callCount] = call;
        _callBytes[_callCount++] = bytes;
    }

    public void AddCallsNotKept(int calls, long endNanoseconds)
    {
        CallsNotKept += calls;
        EndNanoseconds = long.Max(EndNanoseconds, endNanoseconds);
    }

    public ImmutableArray<SampledCall> Calls(Direction direction, long wallOffsetNanoseconds)
    {
        var calls = ImmutableArray.CreateBuilder<SampledCall>(_callCount);
        for (int i = 0; i < _callCount; i++)
        {
            calls.Add(new SampledCall(
                _calls[i].Call, direction, _callBytes[i], _calls[i].CallNanoseconds + wallOffsetNanoseconds,
                _calls[i].ReturnNanoseconds + wallOffsetNanoseconds));
        }

        return calls.MoveToImmutable();
    }

    public void Release()
    {
        if (_head is not null) holding.Return(_head);
        if (_body is not null) holding.Return(_body);
        _head = _body = null;
        _headLength = _bodyLength = _callCount = CallsNotKept = 0;
        IsBodyCut = false;
        EndNanoseconds = 0;
        _latest = default;
        _calls[0] = default;
    }

    private bool TryMakeRoom(int bytes)
    {
        if (_body is not null && _body.Length >= bytes) return true;
        if (holding.TryRent(bytes) is not { } larger) return false;
        Body.CopyTo(larger);
        if (_body is not null) holding.Return(_body);
        _body = larger;
        return true;
    }
}
