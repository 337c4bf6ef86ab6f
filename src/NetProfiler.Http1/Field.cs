namespace NetProfiler.Http1;

/// <summary>One field of a head.</summary>
public readonly ref struct Field(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
{
    public ReadOnlySpan<byte> Name { get; } = name;

    /// <summary>The value without surrounding whitespace; a folded value keeps the line ends within it.</summary>
    public ReadOnlySpan<byte> Value { get; } = value;
}
