using System.Buffers;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>What may be paired where bytes were missed: after a gap, and on a connection that is older than the run.</summary>
/// <remarks>
/// While <see cref="IsUncertain"/> nothing is paired until one request is followed by one response. That trusts the client to speak
/// only when it was answered. Where the bytes show otherwise, the answers that are still to come cannot be told apart, and after a gap the
/// connection is given up.
/// </remarks>
internal sealed class Resynchronizer(Connection connection, ConnectionServices services)
{
    private bool _isPipelined;

    // Since track was lost: requests without an answer, as far as was seen. With more than one the client pipelines, or answers
    // were lost too; 2 is as good as more.
    private int _owed;

    public bool IsUncertain { get; private set; }

    public void Open(bool isFromStart)
    {
        IsUncertain = !isFromStart;
        if (isFromStart) return;
        connection.Ingress.Reader.Seek();
        connection.Egress.Reader.Seek();
    }

    public void Reset()
    {
        _isPipelined = false;
        _owed = 0;
    }

    /// <summary>Bytes that are no part of a body were not captured.</summary>
    public void OnMissing(ByteStream stream, long count, GapReason reason)
    {
        int waiting = _owed + connection.Assembler.Count;
        bool isLost = stream.Reader.State == ReaderState.Seeking && waiting == 0;
        if (connection.Detector.Protocol == Protocol.Ignored || stream.Reader.State == ReaderState.Stopped || isLost)
        {
            services.Statistics.DiscardedBytes += count;
            return;
        }

        services.Statistics.CountGap(reason, count);
        LoseTrack(UnpairedReason.Gap, OwedAfterGap(stream, waiting));
    }

    /// <summary>An exchange came to its end, or its answer did: pairing is as it should be.</summary>
    public void OnAnswered() => IsUncertain = false;

    public void OnResponse(int waiting) => _isPipelined |= waiting > 1;

    /// <summary>
    /// Pipelined: the next response could answer either, or one before them. And a name that nobody registered may be the rest of
    /// one that the gap cut.
    /// </summary>
    public bool MayBeginRequest(RequestMethod method)
    {
        if (!IsUncertain || (connection.Assembler.Count == 0 && method != RequestMethod.Other)) return true;
        services.CountUnpaired(connection, UnpairedReason.Gap);
        LoseTrack(UnpairedReason.Gap, owed: connection.Assembler.Count + 1);
        return false;
    }

    /// <summary>What follows may belong to messages that were not seen: forgets what waits, and looks for a new beginning.</summary>
    public void LoseTrack(UnpairedReason reason, int owed)
    {
        if (connection.IsHttp && connection.Assembler.Count == 0 && connection.Responses.Reader.HasHeld)
            services.CountUnpaired(connection, UnpairedReason.ResponseWithoutRequest);
        connection.Assembler.Forget(reason);
        if (_isPipelined)
        {
            GiveUp();
            return;
        }

        services.Statistics.Resynchronisations++;
        IsUncertain = true;
        _owed = owed;
        Seek(connection.Ingress);
        Seek(connection.Egress);
    }

    /// <summary>
    /// A new beginning is a request's head at the start of a call, when no answer is owed to one before it, and then, while it
    /// is the only one, a response's head in the very next call.
    /// </summary>
    public bool MayBegin(ByteStream stream, ReadOnlySpan<byte> bytes, bool isCallStart)
    {
        var request = isCallStart ? HeadReader.LooksLikeRequest(bytes) : OperationStatus.InvalidData;
        var response = isCallStart ? HeadReader.LooksLikeResponse(bytes) : OperationStatus.InvalidData;
        if (connection.Detector.Protocol == Protocol.Undecided) connection.Detector.Decide(stream, request, response);
        if (!connection.IsHttp) return false;
        return stream == connection.Requests ? IsBeginning(request) : IsAnswer(response, bytes);
    }

    private bool IsBeginning(OperationStatus looksLikeRequest)
    {
        if (looksLikeRequest != OperationStatus.Done) return false;

        // Another thread may have seen the answer, and we have passed over it, before the writing call returned.
        bool mayBeAnswered = connection.Requests.Reader.Arrival.CallNanoseconds < connection.Responses.LatestNanoseconds;
        if (_owed == 0 && !mayBeAnswered) return true;
        if (_owed > 0) _owed = 2;
        services.CountUnpaired(connection, UnpairedReason.Gap);
        return false;
    }

    private bool IsAnswer(OperationStatus looksLikeResponse, ReadOnlySpan<byte> bytes)
    {
        if (_owed > 0 && looksLikeResponse == OperationStatus.Done) PayOne(bytes);
        if (!connection.IsHttp || connection.Requests.Reader.State is ReaderState.Seeking or ReaderState.Stopped) return false;
        if (looksLikeResponse != OperationStatus.InvalidData) return true;
        LoseTrack(UnpairedReason.Gap, owed: 1);
        return false;
    }

    /// <summary>A response is there, without a gap before it: that two wait for it at a time shows that the client pipelines.</summary>
    private void PayOne(ReadOnlySpan<byte> bytes)
    {
        while (HeadReader.TryReadResponse(bytes, out var head, out _) == OperationStatus.Done && head.IsInformational) bytes = bytes[head.Length..];
        bool isFinal = bytes.StartsWith("HTTP/1."u8) && bytes.Length > 9 && bytes[9] is >= (byte)'2' and <= (byte)'9';
        if (isFinal && --_owed > 0) GiveUp();
    }

    /// <summary>The client does not wait for answers, so none that follows can be told from one that was owed before.</summary>
    private void GiveUp()
    {
        services.Statistics.ConnectionsGivenUp++;
        connection.Detector.Ignore();
    }

    private void Seek(ByteStream stream)
    {
        stream.Reader.Seek();
        connection.Skipping.TakeBack(stream);
    }

    /// <summary>
    /// In the responses a gap hides at least the end of one, and what comes next may end another. In the requests it hides one
    /// without an answer, unless an answer was seen that no request was seen for.
    /// </summary>
    private int OwedAfterGap(ByteStream stream, int waiting)
    {
        if (connection.IsHttp && stream == connection.Responses) return waiting > 1 ? 1 : 0;
        var other = stream == connection.Ingress ? connection.Egress : connection.Ingress;
        return int.Max(_owed, other.Reader.HasHeld || connection.Assembler.IsNewestAnsweredEarly ? 0 : 1);
    }
}
