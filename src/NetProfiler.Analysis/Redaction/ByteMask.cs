namespace NetProfiler.Analysis.Redaction;

/// <summary>Masks the bytes of one event: the reader notes ranges and their kinds, which are then masked in order.</summary>
internal sealed class ByteMask(Redactor redactor)
{
    private enum Kind : byte
    {
        /// <summary>Cannot be distinguished from a secret.</summary>
        Opaque,

        /// <summary>Not a secret.</summary>
        Plain,
        Head,

        /// <summary>The last part of a head.</summary>
        LastOfHead,
        /// <summary>May be coded, cut, or in any format: masked as a whole.</summary>
        Content,

        /// <summary>Bytes between the chunks, and trailers.</summary>
        Framing,

        /// <summary>No bytes; marks the start of a body.</summary>
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

    /// <param name="position">Position of the event's first byte.</param>
    public void Begin(ulong position) => _start = _noted = position;

    public void EndHead(ulong position) => Note(Kind.LastOfHead, position);

    public void Plain(ulong position) => Note(Kind.Plain, position);

    public void Content(ulong position) => Note(Kind.Content, position);

    public void Framing(ulong position) => Note(Kind.Framing, position);

    public void BeginContent(bool isChunked) => _stretches.Add((isChunked ? Kind.BeginChunks : Kind.BeginContent, _noted));

    /// <summary>The current head will not be completed.</summary>
    public void Forget() => _isInHead = false;

    /// <summary>Masks the event. False if what should have been a head is not one; everything from there on is masked.</summary>
    /// <param name="isPartOfHead">The bytes at the end that were not noted belong to a head that continues.</param>
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
