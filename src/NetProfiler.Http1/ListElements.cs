namespace NetProfiler.Http1;

/// <summary>The elements of a comma-separated field value, trimmed; empty ones are elements too (RFC 9110, section 5.6.1).</summary>
internal ref struct ListElements(ReadOnlySpan<byte> value)
{
    private ReadOnlySpan<byte> _rest = value;
    private bool _isAtEnd;

    public ReadOnlySpan<byte> Current { get; private set; }

    public readonly ListElements GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_isAtEnd) return false;

        int comma = _rest.IndexOf((byte)',');
        _isAtEnd = comma < 0;
        Current = Syntax.Trim(_isAtEnd ? _rest : _rest[..comma]);
        _rest = _rest[(comma + 1)..];
        return true;
    }
}
