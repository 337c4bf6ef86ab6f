using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;

namespace NetProfiler.Analysis.Connections;

/// <summary>The new part of an event's bytes, and what is missing before, in front of and behind what was captured of it.</summary>
internal readonly ref struct StreamPiece
{
    /// <summary>Bytes before it that no event reported.</summary>
    public long Unseen { get; init; }

    /// <summary>Number of its bytes that were reported before.</summary>
    public uint Known { get; init; }

    /// <summary>Bytes moved and not reported before.</summary>
    public uint Length { get; init; }

    /// <summary>Of these, as many were not captured before <see cref="Bytes"/>.</summary>
    public uint Offset { get; init; }

    public ReadOnlySpan<byte> Bytes { get; init; }

    /// <summary>Its first byte is the first that a call moved.</summary>
    public bool IsCallStart { get; init; }

    public long Behind => Length - Offset - Bytes.Length;
}

/// <summary>
/// One direction of a connection: where it stands, and which bytes of an event are new. What they mean is its reader's business.
/// </summary>
internal sealed class ByteStream(Direction direction, MessageReader reader)
{
    public Direction Direction => direction;

    public MessageReader Reader => reader;

    /// <summary>Position of the next byte, from the connection's first or from where it was joined.</summary>
    public ulong Position;

    /// <summary>The stream's position according to the source; reported only where events were lost.</summary>
    public uint? KnownPosition;

    /// <summary>When the latest byte came.</summary>
    public long LatestNanoseconds;

    /// <summary>How far a position, given by its low 32 bits, is ahead of the next byte: the nearest that fits.</summary>
    public long Ahead(uint position) => (int)(position - (uint)Position);

    /// <summary>A position in full, from its low 32 bits.</summary>
    public ulong At(uint position) => Position + (ulong)Ahead(position);

    /// <summary>What of an event is new. False: nothing.</summary>
    public bool TryPlace(in SocketData data, out StreamPiece piece)
    {
        long ahead = Ahead(data.Position);
        if (ahead >= 0)
        {
            piece = new StreamPiece
            {
                Unseen = ahead, Length = data.Length, Offset = data.Offset, Bytes = data.Bytes,
                IsCallStart = data.Offset == 0 && !data.IsContinued,
            };
            return true;
        }

        uint again = (uint)long.Min(-ahead, data.Length);
        uint skipped = again > data.Offset ? uint.Min(again - data.Offset, (uint)data.Bytes.Length) : 0;
        piece = new StreamPiece
        {
            Known = again, Length = data.Length - again, Offset = again > data.Offset ? 0 : data.Offset - again,
            Bytes = data.Bytes[(int)skipped..],
        };
        return piece.Length > 0;
    }

    /// <summary>Tells the reader when and how its next bytes came.</summary>
    public void NoteArrival(in SocketData data, in StreamPiece piece, ByteStream opposite)
    {
        long call = data.StartNanoseconds != 0 ? data.StartNanoseconds : data.TimeNanoseconds;
        var known = default(OppositePosition);
        if (data.HasOpposite)
        {
            long there = opposite.Ahead(data.OppositeThere);
            bool isStill = piece.Unseen == 0 && piece.Known == 0 && there == 0 && LatestNanoseconds > 0 && opposite.LatestNanoseconds > 0;
            // Written: when the call began. Read: when the first byte came; a captured packet comes when it is seen.
            long came = data.Direction == Direction.Egress || data.Call == SocketCall.None ? call : data.ArrivedNanoseconds;
            long quiet = isStill && came > 0 ? came - long.Max(LatestNanoseconds, opposite.LatestNanoseconds) : 0;
            known = new OppositePosition(opposite.At(data.OppositeTaken), opposite.Position + (ulong)there, quiet, IsKnown: true);
        }

        ulong readyEnd = Position + (data.ArrivedLength > piece.Known ? data.ArrivedLength - piece.Known : 0);
        reader.Arrival = new Arrival(call, data.TimeNanoseconds, data.ArrivedNanoseconds, readyEnd, Position, known);
    }

    public void Reset()
    {
        reader.Reset();
        Position = 0;
        KnownPosition = null;
        LatestNanoseconds = 0;
    }
}
