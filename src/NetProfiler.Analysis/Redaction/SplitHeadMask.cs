using System.Buffers;
using System.Text;

namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// Masks a head that arrives in pieces, the first of which have been written before the last arrives. It keeps the method, the version, the
/// status, names, and the values of framing and trace fields; of each path segment, and of each query value whose name is not secret, it
/// keeps what is too short to be a token; nothing else.
/// </summary>
internal sealed class SplitHeadMask(Redactor redactor)
{
    private const int MaxNameBytes = 32;

    private enum State : byte
    {
        FirstWord,
        Target,
        QueryName,
        QueryValue,
        Version,
        Status,
        Name,
        Kept,
        Host,
        Port,
        Hidden,
        LineEnded,
    }

    private static readonly SearchValues<byte> NameBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Maximum number of bytes kept of a path segment, and of a name or value in a query.</summary>
    private const int MaxSegmentBytes = 12;

    private static readonly SearchValues<byte> TargetSigns = SearchValues.Create("/&=:;"u8);

    private readonly byte[] _word = new byte[MaxNameBytes];
    private int _length;
    private State _state;
    private State _ofLine;

    public void Begin() => (_state, _length) = (State.FirstWord, 0);

    public void Mask(Span<byte> bytes)
    {
        foreach (ref byte one in bytes) Step(ref one);
    }

    private void Step(ref byte one)
    {
        if (_state == State.LineEnded)
        {
            bool isFolded = one is (byte)' ' or (byte)'\t' && _ofLine is State.Kept or State.Host or State.Port or State.Hidden;
            (_state, _length) = (isFolded ? _ofLine : State.Name, 0);
        }

        if (one == '\n')
        {
            if (_state == State.FirstWord && _length == 0) return; // an empty line before the head
            (_ofLine, _state) = (_state, State.LineEnded);
            return;
        }

        switch (_state)
        {
            case State.FirstWord when one == ' ':
                _state = _word.AsSpan(0, _length).StartsWith("HTTP/"u8) ? State.Status : State.Target;
                _length = 0;
                break;
            case State.FirstWord when one != '\r': Note(one); break;
            case State.Target: StepTarget(ref one); break;
            case State.QueryName or State.QueryValue: StepQuery(ref one); break;
            case State.Version: StepVersion(ref one); break;
            case State.Status when one == ' ' && _length > 0: _state = State.Hidden; break;
            case State.Status: _length++; break;
            case State.Name when one == ':': _state = ValueOf(Encoding.Latin1.GetString(_word, 0, int.Min(_length, MaxNameBytes))); break;
            case State.Name when one is (byte)' ' or (byte)'\t' or (byte)'\r': break;
            case State.Name when NameBytes.Contains(one): Note(one); break;
            case State.Name:
                _state = State.Hidden; // not a field
                Hide(ref one);
                break;
            case State.Host when one == ':': _state = State.Port; break;
            case State.Host when !(char.IsAsciiLetterOrDigit((char)one) || one is (byte)'.' or (byte)'-' or (byte)' ' or (byte)'\r'):
            case State.Port when !(char.IsAsciiDigit((char)one) || one is (byte)' ' or (byte)'\r'):
                _state = State.Hidden;
                Hide(ref one);
                break;
            case State.Hidden: Hide(ref one); break;
        }
    }

    private void StepTarget(ref byte one)
    {
        if (one is (byte)' ' or (byte)'\t') (_state, _length) = (State.Version, 0);
        else if (one is (byte)'?' or (byte)'#') (_state, _length) = (State.QueryName, 0);
        // after a path, or at a host
        else if (TargetSigns.Contains(one)) _length = one == '/' && _length <= MaxSegmentBytes + 1 ? 1 : MaxSegmentBytes + 2;
        else if (_length is 0 or > MaxSegmentBytes || one == '@') Hide(ref one);
        else _length++;
    }

    private void StepQuery(ref byte one)
    {
        switch (one)
        {
            case (byte)' ' or (byte)'\t':
                (_state, _length) = (State.Version, 0);
                break;
            case (byte)'&' or (byte)';' or (byte)'?' or (byte)'#':
                (_state, _length) = (State.QueryName, 0);
                break;
            case (byte)'=' when _state == State.QueryName:
                (_state, _length) = (State.QueryValue, IsKeptValue() ? 0 : MaxSegmentBytes + 1);
                break;
            default:
                if (_state == State.QueryName) Note(one);
                else if (_length <= MaxSegmentBytes) _length++;
                if (_length > MaxSegmentBytes || one is (byte)'@') Hide(ref one);
                break;
        }
    }

    // An escape may encode any letter.
    private bool IsKeptValue()
    {
        if (redactor.MasksAllValues || _length > MaxNameBytes) return false;
        string name = Encoding.Latin1.GetString(_word, 0, _length);
        return !name.AsSpan().ContainsAny('%', '[', '.') && !redactor.IsSecret(name); // a nested name counts too
    }

    // A target must not contain a space. If it does, the text after the space is not the version.
    private void StepVersion(ref byte one)
    {
        var version = "HTTP/"u8;
        if (_length >= version.Length || one == version[_length])
        {
            _length++;
            return;
        }

        (_state, _length) = (State.Target, MaxSegmentBytes + 2);
        StepTarget(ref one);
    }

    private static State ValueOf(string name) =>
        FramingFields.IsKept(name) ? State.Kept : name.Equals("host", StringComparison.OrdinalIgnoreCase) ? State.Host : State.Hidden;

    private void Note(byte one)
    {
        if (_length < MaxNameBytes) _word[_length] = one;
        _length++;
    }

    private static void Hide(ref byte one)
    {
        if (one is not (<= 0x20 or 0x7F)) one = (byte)'*';
    }
}
