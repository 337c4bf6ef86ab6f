namespace NetProfiler.Http1;

/// <summary>Ignores the content.</summary>
internal readonly struct NoConsumer : IContentConsumer
{
    public void Accept(ReadOnlySpan<byte> content)
    {
    }
}
