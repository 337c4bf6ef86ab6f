namespace NetProfiler.Analysis.Traces;

/// <summary>The parts of a dash-separated value, in order; a trailing dash is followed by one more, empty part.</summary>
internal ref struct DashedParts(ReadOnlySpan<byte> value)
{
    private ReadOnlySpan<byte> _rest = value;
    private bool _isAtEnd;

    public bool TryTake(out ReadOnlySpan<byte> part)
    {
        part = default;
        if (_isAtEnd) return false;

        int dash = _rest.IndexOf((byte)'-');
        _isAtEnd = dash < 0;
        part = _isAtEnd ? _rest : _rest[..dash];
        _rest = _rest[(dash + 1)..];
        return true;
    }

    /// <summary>The next part; empty if absent.</summary>
    public ReadOnlySpan<byte> Take() => TryTake(out var part) ? part : default;
}
