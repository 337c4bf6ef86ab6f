using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>Reports each piece of content, with its position in the stream, to the sink of a reader.</summary>
internal readonly ref struct ContentTap(MessageReader reader, IMessageSink sink, ReadOnlySpan<byte> bytes, ulong position)
    : IContentConsumer
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public void Accept(ReadOnlySpan<byte> content) => sink.OnContent(
        reader, content, position + (ulong)Unsafe.ByteOffset(ref MemoryMarshal.GetReference(_bytes),
            ref MemoryMarshal.GetReference(content)));
}
