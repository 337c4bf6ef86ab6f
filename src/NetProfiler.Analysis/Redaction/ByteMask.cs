namespace NetProfiler.Analysis.Redaction;

/// <summary>Masks one event's bytes: noted are the stretches that the reader found, and then they are masked one after the other.</summary>
internal sealed class ByteMask(Redactor redactor)
{
    private enum Kind : byte
    {
        /// <summary>Not to be told from a secret.</summary>
        Opaque,

        /// <summary>No secret.</summary>
        Plain,
        Head,

        /// <summary>A head that ends there.</summary>
        LastOfHead,
        /// <summary>May be coded, cut, or of any form: it is masked as a whole.</summary>
        Content,

        /// <summary>What is between the chunks, and trailers.</summary>
        Framing,

        /// <summary>No bytes: a body begins.</summary>
        BeginContent,
        BeginChunks,
    }

    private readonly List<(Kind Kind, ulong End)> _stretches = [];
    private readonly WholeHeadMask _wholeHead = new(redactor);
    private readonly SplitHeadMask _splitHead = new(redactor);
    private readonly HeadGuard _guard = new();
    private readonly FramingMask _framing = new();
    private bool _isInHead;
    private bool _isChunked;
    private ulong _start;
    private ulong _noted;

    /// <summary>Masks everything but the line ends.</summary>
    public static void MaskAll(Span<byte> bytes)
    {
        foreach (ref byte one in bytes)
        {
            if (one is not ((byte)'\r' or (byte)'\n')) one = (byte)'*';
        }
    }

    /// <param name="position">Of the event's first byte.</param>
    public void Begin(ulong position) => _start = _noted = position;

    public void EndHead(ulong position) => Note(Kind.LastOfHead, position);

    public void Plain(ulong position) => Note(Kind.Plain, position);

    public void Content(ulong position) => Note(Kind.Content, position);

    public void Framing(ulong position) => Note(Kind.Framing, position);

    public void BeginContent(bool isChunked) => _stretches.Add((isChunked ? Kind.BeginChunks : Kind.BeginContent, _noted));

    /// <summary>The head under way will not end.</summary>
    public void Forget() => _isInHead = false;

    /// <summary>Masks the event. False: what should have been a head is none, and everything from there on is masked.</summary>
    /// <param name="isPartOfHead">What was not noted at its end belongs to a head that goes on.</param>
    public bool Apply(Span<byte> bytes, bool isPartOfHead)
    {
        ulong end = _start + (ulong)bytes.Length;
        if (_noted < end) _stretches.Add((isPartOfHead ? Kind.Head : Kind.Opaque, end));
        ulong at = _start;
        bool isHead = true;
        foreach (var (kind, until) in _stretches)
        {
            var stretch = until > at ? bytes[(int)(at - _start)..(int)(until - _start)] : default;
            at = ulong.Max(at, until);
            if (isHead) isHead = MaskStretch(kind, stretch);
            else MaskAll(stretch);
        }

        _stretches.Clear();
        return isHead;
    }

    private void Note(Kind kind, ulong end)
    {
        if (end <= _noted && kind != Kind.LastOfHead) return;
        _stretches.Add((kind, end));
        _noted = ulong.Max(_noted, end);
    }

    private bool MaskStretch(Kind kind, Span<byte> bytes)
    {
        switch (kind)
        {
            case Kind.Head or Kind.LastOfHead:
                bool isHead = MaskHead(bytes, isWhole: kind == Kind.LastOfHead && !_isInHead);
                _isInHead = isHead && kind == Kind.Head;
                return isHead;
            case Kind.Plain:
                _isInHead = false;
                break;
            case Kind.BeginContent or Kind.BeginChunks:
                _isChunked = kind == Kind.BeginChunks;
                _framing.Begin();
                break;
            case Kind.Framing when _isChunked:
                _framing.Mask(bytes);
                break;
            default:
                MaskAll(bytes);
                break;
        }

        return true;
    }

    private bool MaskHead(Span<byte> bytes, bool isWhole)
    {
        if (!_isInHead)
        {
            _splitHead.Begin();
            _guard.Begin();
        }

        for (int i = 0; i < bytes.Length && !_guard.IsPassed; i++)
        {
            var verdict = _guard.Take(bytes[i]);
            if (verdict is GuardVerdict.Open or GuardVerdict.Passed) continue;
            _splitHead.Mask(bytes[..i]);
            MaskAll(bytes[(verdict == GuardVerdict.RefusedInTarget ? i : i + 1)..]);
            return false;
        }

        if (isWhole) _wholeHead.Mask(bytes);
        else _splitHead.Mask(bytes);
        return true;
    }
}
