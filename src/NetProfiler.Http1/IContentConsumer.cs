namespace NetProfiler.Http1;

/// <summary>Takes the content of a body, piece by piece.</summary>
public interface IContentConsumer
{
    void Accept(ReadOnlySpan<byte> content);
}
