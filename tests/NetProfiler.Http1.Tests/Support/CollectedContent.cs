namespace NetProfiler.Http1.Tests.Support;

internal readonly struct CollectedContent() : IContentConsumer
{
    private readonly List<byte> _content = [];

    public byte[] Bytes => [.. _content];

    public void Accept(ReadOnlySpan<byte> content) => _content.AddRange(content);
}
