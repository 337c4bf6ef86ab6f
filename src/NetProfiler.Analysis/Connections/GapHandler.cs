using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Statistics;

namespace NetProfiler.Analysis.Connections;

/// <summary>
/// Skips bytes that were not captured. Where they can affect framing or pairing they are counted, and what they may have contained
/// determines what can still be paired.
/// </summary>
internal sealed class GapHandler(Connection connection, ConnectionServices services)
{
    /// <summary>
    /// A gap of fewer bytes between two requests cannot contain a whole request: the shortest is "GET / HTTP/1.1" with its line ends.
    /// </summary>
    private const int MinRequestBytes = 16;

    /// <summary>Skips bytes before the next ones that no event reported.</summary>
    public void PassUnseen(ByteStream stream, long count)
    {
        services.Statistics.MovedBytes += count;
        stream.Reader.ReadEnd = stream.Position;
        Pass(stream, count, GapReason.Unseen);
        stream.Position += (ulong)count;
    }

    /// <summary>At the end of the connection: skips bytes after the last event, if the source reported the stream's position.</summary>
    public void PassLost(ByteStream stream)
    {
        if (stream.KnownPosition is not { } position) return;
        stream.KnownPosition = null;
        if (stream.Ahead(position) is > 0 and var lost) PassUnseen(stream, lost);
    }

    /// <summary>Skips bytes of an event that were not captured.</summary>
    public void Pass(ByteStream stream, long count, Uncaptured uncaptured) => Pass(stream, count, ReasonOf(uncaptured));

    private void Pass(ByteStream stream, long count, GapReason reason)
    {
        long missing = stream.Reader.Pass(count);
        if (missing > 0) OnMissing(stream, missing, reason);
    }

    /// <summary>Handles missed bytes that are not part of a body of known length.</summary>
    private void OnMissing(ByteStream stream, long count, GapReason reason)
    {
        var reader = stream.Reader;
        bool isIgnored = connection.Detector.Protocol == Protocol.Ignored;
        bool isOfNoInterest = reader.State == ReaderState.Stopped
            || (reader.State == ReaderState.Seeking && connection.Assembler.Queue.Count == 0);
        if (isIgnored || isOfNoInterest) services.Statistics.DiscardedBytes += count;
        else services.Statistics.CountGap(reason, count);

        if (isIgnored || reader.State == ReaderState.Stopped) return;
        if (!connection.IsHttp) connection.Resynchronizer.LoseTrack(UnpairedReason.Gap, isNothingOwed: false);
        else if (stream == connection.Requests) connection.Resynchronizer.OnRequestsLost(count < MinRequestBytes && !reader.HasHeld);
        else connection.Resynchronizer.OnResponsesLost(IsOnlyOldestAnswered(connection.Requests.Reader));
        connection.Seek(stream);
    }

    // Only the oldest request waits: its response has begun, or nothing of it was seen and the request did not
    // expect 100 (Continue).
    private bool IsOnlyOldestAnswered(MessageReader requests)
    {
        var queue = connection.Assembler.Queue;
        if (requests.HasHeld || requests.State == ReaderState.Seeking || queue.Count != 1 || queue.Oldest.ResponseDone) return false;
        return queue.Oldest.ResponseBegun || !queue.Oldest.Request.Framing.ExpectContinue;
    }

    private static GapReason ReasonOf(Uncaptured uncaptured) => uncaptured switch
    {
        _ when uncaptured.HasFlag(Uncaptured.Segments) => GapReason.Segments,
        _ when uncaptured.HasFlag(Uncaptured.LengthOnly) => GapReason.LengthOnly,
        _ when uncaptured.HasFlag(Uncaptured.Fault) => GapReason.Fault,
        _ when uncaptured.HasFlag(Uncaptured.Pressed) => GapReason.Pressed,
        _ => GapReason.Limited,
    };
}
