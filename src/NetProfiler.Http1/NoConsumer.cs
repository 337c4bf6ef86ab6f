namespace NetProfiler.Http1;

/// <summary>Takes no notice of the content.</summary>
internal readonly struct NoConsumer : IContentConsumer
{
    public void Accept(ReadOnlySpan<byte> content)
    {
    }
}
