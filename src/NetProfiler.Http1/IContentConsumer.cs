namespace NetProfiler.Http1;

/// <summary>Receives the content of a body, piece by piece.</summary>
public interface IContentConsumer
{
    void Accept(ReadOnlySpan<byte> content);
}
