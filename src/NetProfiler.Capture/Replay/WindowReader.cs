namespace NetProfiler.Capture.Replay;

/// <summary>Reads a stream through one buffer of fixed size, in whole pieces.</summary>
internal sealed class WindowReader(Stream stream)
{
    /// <summary>Maximum length of a piece: more than the longest packet or record.</summary>
    public const int MaxPieceBytes = 512 * 1024;

    private readonly byte[] _buffer = new byte[MaxPieceBytes];
    private int _start;
    private int _end;

    /// <summary>Number of bytes returned so far.</summary>
    public long Position { get; private set; }

    /// <summary>False if fewer bytes are left. The span is valid until the next call.</summary>
    public bool TryPeek(int count, out ReadOnlySpan<byte> bytes)
    {
        if (_end - _start < count) Fill(count);
        bool isThere = _end - _start >= count;
        bytes = isThere ? _buffer.AsSpan(_start, count) : default;
        return isThere;
    }

    public bool TryRead(int count, out ReadOnlySpan<byte> bytes)
    {
        if (!TryPeek(count, out bytes)) return false;
        Advance(count);
        return true;
    }

    /// <summary>Skips any number of bytes.</summary>
    public bool TrySkip(long count)
    {
        while (count > 0)
        {
            if (_end == _start) Fill(1);
            int step = (int)long.Min(count, _end - _start);
            if (step == 0) return false;
            Advance(step);
            count -= step;
        }

        return true;
    }

    /// <summary>Whether nothing is left. Blocks until the next bytes are available.</summary>
    public bool IsAtEnd => !TryPeek(1, out _);

    private void Advance(int count)
    {
        _start += count;
        Position += count;
    }

    private void Fill(int count)
    {
        if (_start > 0) _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        while (_end < count)
        {
            int read = stream.Read(_buffer, _end, _buffer.Length - _end);
            if (read == 0) return;
            _end += read;
        }
    }
}
