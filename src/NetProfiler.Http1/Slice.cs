namespace NetProfiler.Http1;

/// <summary>A range of the bytes that a head was parsed from.</summary>
public readonly record struct Slice(int Start, int Length)
{
    public bool IsEmpty => Length == 0;

    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> head) => head.Slice(Start, Length);
}
