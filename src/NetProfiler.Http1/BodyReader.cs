using System.Buffers;

namespace NetProfiler.Http1;

/// <summary>Reads one body: counts its bytes and finds its end, without buffering.</summary>
public struct BodyReader(BodyLength length)
{
    private readonly BodyLength _length = length;
    private ChunkedDecoder _chunks;

    /// <summary>Whether the body's end was reached. An UntilClose or Tunnel body ends with the connection.</summary>
    public readonly bool IsDone => _length.Kind switch
    {
        BodyKind.None => true,
        BodyKind.Fixed => ContentBytes >= _length.Bytes,
        BodyKind.Chunked => _chunks.IsDone,
        _ => false,
    };

    /// <summary>Number of content bytes so far, without chunk framing.</summary>
    public long ContentBytes { get; private set; }

    public readonly InvalidReason Invalid => _length.Kind == BodyKind.Chunked ? _chunks.Invalid : _length.Invalid;

    /// <summary>Number of bytes, from here on, that are certainly content: for a chunked body, the rest of the current chunk.</summary>
    public readonly long KnownRemaining => _length.Kind switch
    {
        BodyKind.Fixed => long.Max(_length.Bytes - ContentBytes, 0),
        BodyKind.Chunked => _chunks.DataRemaining,
        BodyKind.UntilClose or BodyKind.Tunnel => long.MaxValue,
        _ => 0,
    };

    /// <summary>
    /// Done if the body ends within the data. NeedMoreData if all of it was consumed. InvalidData if everything before the fault was.
    /// </summary>
    public OperationStatus Read(ReadOnlySpan<byte> data, out int consumed)
    {
        var nobody = default(NoConsumer);
        return Read(data, ref nobody, out consumed);
    }

    /// <summary>Same, and passes each contiguous piece of content to a consumer.</summary>
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

    /// <summary>Skips bytes of the stream that were not captured; returns how many of them certainly belong to this body.</summary>
    /// <remarks>In a chunked body, these are the rest of the current chunk and the line end after it, which the size implies.</remarks>
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
