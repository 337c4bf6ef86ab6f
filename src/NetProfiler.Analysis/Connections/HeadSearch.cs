using System.Buffers;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>
/// Finds the next message boundary in a stream whose framing is lost: at the start of a call; for responses, where the candidate's response
/// must be.
/// </summary>
internal sealed class HeadSearch(Connection connection)
{
    /// <summary>Whether a head begins with these bytes.</summary>
    public bool MayBegin(ByteStream stream, ReadOnlySpan<byte> bytes, ulong position, bool isCallStart)
    {
        var resynchronizer = connection.Resynchronizer;
        var request = isCallStart ? HeadReader.LooksLikeRequest(bytes) : OperationStatus.InvalidData;
        var response = isCallStart ? HeadReader.LooksLikeResponse(bytes) : OperationStatus.InvalidData;
        if (connection.Detector.Protocol == Protocol.Undecided) connection.Detector.Decide(stream, request, response);
        if (!connection.IsHttp) return false;
        if (resynchronizer.State == PairingState.Seeking && !connection.IsFromStart)
            connection.Detector.Reconsider(stream, request, response);
        if (stream != connection.Requests) return IsCandidatesAnswer(resynchronizer, bytes, position, response);
        if (request == OperationStatus.Done) return true;
        resynchronizer.OnSkipped();
        return false;
    }

    private static bool IsCandidatesAnswer(Resynchronizer resynchronizer, ReadOnlySpan<byte> bytes, ulong position,
        OperationStatus looksLikeResponse)
    {
        if (resynchronizer.State != PairingState.Waiting) return false;
        if (position == resynchronizer.AnswerAt && looksLikeResponse != OperationStatus.InvalidData) return true;
        if (position + (ulong)bytes.Length > resynchronizer.AnswerAt) resynchronizer.Contradict();
        return false;
    }
}
