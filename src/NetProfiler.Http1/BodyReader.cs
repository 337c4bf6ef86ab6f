using System.Buffers;

namespace NetProfiler.Http1;

/// <summary>Reads one body: counts it, finds its end, never holds it.</summary>
public struct BodyReader(BodyLength length)
{
    private readonly BodyLength _length = length;
    private ChunkedDecoder _chunks;

    /// <summary>Whether the body's end was reached; that of an UntilClose or Tunnel body is the connection's.</summary>
    public readonly bool IsDone => _length.Kind switch
    {
        BodyKind.None => true,
        BodyKind.Fixed => ContentBytes >= _length.Bytes,
        BodyKind.Chunked => _chunks.IsDone,
        _ => false,
    };

    /// <summary>The content so far, without chunk framing.</summary>
    public long ContentBytes { get; private set; }

    public readonly InvalidReason Invalid => _length.Kind == BodyKind.Chunked ? _chunks.Invalid : _length.Invalid;

    /// <summary>How many bytes from here on are content for certain: of a chunked body, those of the current chunk.</summary>
    public readonly long KnownRemaining => _length.Kind switch
    {
        BodyKind.Fixed => long.Max(_length.Bytes - ContentBytes, 0),
        BodyKind.Chunked => _chunks.DataRemaining,
        BodyKind.UntilClose or BodyKind.Tunnel => long.MaxValue,
        _ => 0,
    };

    /// <summary>Done: the body ends within the data. NeedMoreData: all of it was consumed. InvalidData: all before the fault was.</summary>
    public OperationStatus Read(ReadOnlySpan<byte> data, out int consumed)
    {
        var nobody = default(NoConsumer);
        return Read(data, ref nobody, out consumed);
    }

    /// <summary>The same, and hands over each contiguous piece of content.</summary>
    public OperationStatus Read<TContent>(ReadOnlySpan<byte> data, ref TContent content, out int consumed)
        where TContent : IContentConsumer, allows ref struct
    {
        consumed = 0;
        while (!IsDone)
        {
            if (_length.Kind == BodyKind.Invalid || _chunks.Invalid != InvalidReason.None) return OperationStatus.InvalidData;
            if (consumed == data.Length) return OperationStatus.NeedMoreData;

            var rest = data[consumed..];
            if (KnownRemaining > 0)
            {
                var piece = rest[..(int)long.Min(KnownRemaining, rest.Length)];
                content.Accept(piece);
                Advance(piece.Length);
                consumed += piece.Length;
            }
            else
            {
                consumed += _chunks.ReadFraming(rest);
            }
        }

        return OperationStatus.Done;
    }

    /// <summary>Passes over bytes of the stream that were not captured; returns how many of them are this body's for certain.</summary>
    /// <remarks>In a chunked body these are the rest of the current chunk and the line end after it, which the size implies.</remarks>
    public long Skip(long count)
    {
        long passed = long.Clamp(count, 0, KnownRemaining);
        Advance(passed);
        if (_length.Kind == BodyKind.Chunked) passed += _chunks.SkipTerminator(count - passed);
        return passed;
    }

    private void Advance(long bytes)
    {
        ContentBytes += bytes;
        if (_length.Kind == BodyKind.Chunked) _chunks.Advance(bytes);
    }
}
