using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>Tells the sink of a reader where in the stream each piece of content is.</summary>
internal readonly ref struct ContentTap(MessageReader reader, IMessageSink sink, ReadOnlySpan<byte> bytes, ulong position)
    : IContentConsumer
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public void Accept(ReadOnlySpan<byte> content) => sink.OnContent(
        reader, content, position + (ulong)Unsafe.ByteOffset(ref MemoryMarshal.GetReference(_bytes),
            ref MemoryMarshal.GetReference(content)));
}
