using NetProfiler.Http1;

namespace NetProfiler.Analysis.Buffers;

/// <summary>Bytes of one direction that wait for more: an incomplete head, or a head that cannot be interpreted yet.</summary>
internal sealed class HeldBytes(HeldBuffers buffers)
{
    /// <summary>
    /// Maximum number of bytes held: an incomplete head and the record that completes it, which may be as long and contain body bytes too;
    /// or a response whose request has not been seen yet.
    /// </summary>
    public const int MaxBytes = HeadReader.MaxHeadBytes * 2;

    /// <summary>Up to this length, a head is parsed again with every byte, so that faults show early.</summary>
    private const int EagerBytes = 64;

    private byte[]? _buffer;

    // State of the search for the head's end: where it continues, where the current line begins, and whether the start line is complete.
    private int _searched;
    private int _lineStart;
    private bool _hasStartLine;
    private bool _isWhole;
    private int _nextParse;

    public int Length { get; private set; }

    public int Memory => _buffer?.Length ?? 0;

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, Length);

    /// <summary>
    /// Whether parsing is worthwhile: the head's end is present, the head is short, or it is twice as long as at the last attempt. The last
    /// condition finds faults in a head that never ends, at linear cost.
    /// </summary>
    public bool MayBeWhole
    {
        get
        {
            if (!_isWhole && Length > EagerBytes && Length < _nextParse) return false;
            _nextParse = Length * 2;
            return true;
        }
    }

    /// <summary>Appends bytes. False if there is no room for them.</summary>
    public bool TryAdd(ReadOnlySpan<byte> bytes)
    {
        if (Length + bytes.Length > MaxBytes) return false;
        if (_buffer is null || _buffer.Length < Length + bytes.Length)
        {
            var larger = buffers.Rent(Length + bytes.Length);
            Bytes.CopyTo(larger);
            if (_buffer is not null) buffers.Return(_buffer);
            _buffer = larger;
        }

        if (Length == 0) _nextParse = bytes.Length * 2; // they were parsed already, or cannot be parsed yet
        bytes.CopyTo(_buffer.AsSpan(Length));
        Length += bytes.Length;
        FindEnd();
        return true;
    }

    /// <summary>
    /// Length of the head at the start of the bytes, including the empty line that ends it; -1 if that line is not present.
    /// </summary>
    public static int EndOfHead(ReadOnlySpan<byte> bytes)
    {
        int lineStart = 0;
        bool hasStartLine = false;
        return FindEnd(bytes, 0, ref lineStart, ref hasStartLine) ? lineStart : -1;
    }

    /// <summary>Transfers ownership of the buffer to the caller, which returns it. Nothing is held afterwards.</summary>
    public byte[] Take(out int length)
    {
        var buffer = _buffer!;
        length = Length;
        Clear();
        return buffer;
    }

    public void Release()
    {
        if (_buffer is null) return;
        buffers.Return(_buffer);
        Clear();
    }

    private void Clear()
    {
        _buffer = null;
        Length = _searched = _lineStart = _nextParse = 0;
        _hasStartLine = _isWhole = false;
    }

    // Each byte is examined once, however small the pieces are.
    private void FindEnd()
    {
        _isWhole = _isWhole || FindEnd(Bytes, _searched, ref _lineStart, ref _hasStartLine);
        _searched = Length;
    }

    private static bool FindEnd(ReadOnlySpan<byte> bytes, int searched, ref int lineStart, ref bool hasStartLine)
    {
        while (bytes[searched..].IndexOf((byte)'\n') is >= 0 and var found)
        {
            int end = searched + found;
            bool isEmpty = end == lineStart || (end == lineStart + 1 && bytes[lineStart] == '\r');
            searched = lineStart = end + 1;
            if (isEmpty && hasStartLine) return true;
            hasStartLine |= !isEmpty;
        }

        return false;
    }
}
