using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>
/// Messages that cannot be read to their end, but still make an exchange: what was read is certain, the sizes are unknown.
/// </summary>
internal sealed class FaultyMessages(Connection connection)
{
    private PendingQueue Queue => connection.Assembler.Queue;

    /// <summary>
    /// Queues a request whose head cannot be read to its end. If its start line was read, it waits for its response like any other.
    /// </summary>
    public bool TryOffer(ReadOnlySpan<byte> bytes, InvalidReason reason)
    {
        if (Queue.IsFull || !HeadReader.TryReadRequestLine(bytes, out var line)) return false;
        Queue.AddFaulty(line, bytes, reason);
        return true;
    }

    /// <summary>
    /// Handles a response while the queue is empty. 400, 408, 414 and 431 may answer an incomplete head (RFC 9110, sections 15.5.1, 15.5.9,
    /// 15.5.15; RFC 6585, section 5).
    /// </summary>
    public void OfferUnfinished(int status)
    {
        if (status is not (400 or 408 or 414 or 431)) return;
        var requests = connection.Requests.Reader;
        if (requests.Held.IndexOfAnyExcept("\r\n"u8) < 0 || !TryOffer(requests.Held, InvalidReason.Incomplete)) return;
        connection.Resynchronizer.OnRequestsLost();
        connection.Seek(connection.Requests);
    }

    /// <summary>
    /// Completes the exchange of the oldest request with a response that has a fault after its start line. False if there is no such
    /// exchange.
    /// </summary>
    public bool TryFailResponse(MessageReader reader, InvalidReason reason, ReadOnlySpan<byte> bytes)
    {
        if (Queue.Count == 0 || Queue.Oldest.ResponseDone) return false;
        if (reader.State != ReaderState.Body)
        {
            ulong position = reader.ReadEnd - (ulong)bytes.Length;
            bool isAnswer = HeadReader.TryReadStatusLine(bytes, out var head) && !head.IsInformational
                && Queue.IsAnswer(position, reader.Arrival.Opposite);
            if (!isAnswer)
            {
                Queue.RemoveOldest();
                return false;
            }

            Queue.Oldest.BeginResponse(head, reader.Arrival, position);
        }

        Queue.CompleteFaulty(reason);
        return true;
    }
}
