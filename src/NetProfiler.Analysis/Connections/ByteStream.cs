using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;

namespace NetProfiler.Analysis.Connections;

/// <summary>
/// The new part of an event's bytes, and the number of bytes missing before it, and at the start and end of what was captured.
/// </summary>
internal readonly ref struct StreamPiece
{
    /// <summary>Number of bytes before this piece that no event reported.</summary>
    public long Unseen { get; init; }

    /// <summary>Number of bytes of the event that an earlier event reported.</summary>
    public uint Known { get; init; }

    /// <summary>Number of bytes that were moved and not reported before.</summary>
    public uint Length { get; init; }

    /// <summary>Number of bytes, out of <see cref="Length"/>, that precede <see cref="Bytes"/> and were not captured.</summary>
    public uint Offset { get; init; }

    public ReadOnlySpan<byte> Bytes { get; init; }

    /// <summary>Whether the first byte of the piece is the first byte that a call moved.</summary>
    public bool IsCallStart { get; init; }

    public long Behind => Length - Offset - Bytes.Length;
}

/// <summary>
/// One direction of a connection: its position, and which bytes of an event are new. Its <see cref="MessageReader"/> interprets the bytes.
/// </summary>
internal sealed class ByteStream(Direction direction, MessageReader reader)
{
    public Direction Direction => direction;

    public MessageReader Reader => reader;

    /// <summary>Position of the next byte, counted from the first byte of the connection, or from where capture joined it.</summary>
    public ulong Position;

    /// <summary>The stream's position according to the source, reported only if events were lost.</summary>
    public uint? KnownPosition;

    /// <summary>Time of the latest byte.</summary>
    public long LatestNanoseconds;

    /// <summary>
    /// Distance from the next byte to a position given by its low 32 bits. Of the possible values, the one nearest to zero.
    /// </summary>
    public long Ahead(uint position) => (int)(position - (uint)Position);

    /// <summary>The full position, given its low 32 bits.</summary>
    public ulong At(uint position) => Position + (ulong)Ahead(position);

    /// <summary>Determines the new part of an event. False if nothing is new.</summary>
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

    /// <summary>Sets the reader's <see cref="MessageReader.Arrival"/> for its next bytes.</summary>
    public void NoteArrival(in SocketData data, in StreamPiece piece, ByteStream opposite)
    {
        long call = data.StartNanoseconds != 0 ? data.StartNanoseconds : data.TimeNanoseconds;
        var known = default(OppositePosition);
        if (data.HasOpposite)
        {
            long there = opposite.Ahead(data.OppositeThere);
            bool isStill = piece.Unseen == 0 && piece.Known == 0 && there == 0 && LatestNanoseconds > 0 && opposite.LatestNanoseconds > 0;
            // A write moved its bytes when the call began, a read when the first byte arrived. A captured packet has the time of its
            // capture.
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
