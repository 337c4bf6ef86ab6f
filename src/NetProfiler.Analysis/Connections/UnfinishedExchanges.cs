using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Statistics;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Connections;

/// <summary>Submits or counts the requests without a complete response when the connection, or profiling, ends.</summary>
internal sealed class UnfinishedExchanges(Connection connection, ConnectionServices services, PendingQueue queue)
{
    /// <summary>Returns whether a response that had begun was the oldest request's.</summary>
    /// <param name="timeNanoseconds">Time of the end. CLOCK_MONOTONIC.</param>
    public bool End(bool isShutdown, bool isResponseHeld, EndedBy endedBy, long timeNanoseconds)
    {
        var resynchronizer = connection.Resynchronizer;
        if (resynchronizer.IsUncertain)
        {
            bool isWhole = connection.Responses.Reader.Next == connection.Responses.Position
                && connection.Requests.Position == queue.CandidateEnd;
            if (queue.Count > 0 && resynchronizer.IsCandidateProven && isWhole) queue.Complete();
            queue.Forget(isShutdown && resynchronizer.State != PairingState.Answered ? UnpairedReason.InFlight : UnpairedReason.Unproven);
            return false;
        }

        // The request of an early response was never completed: its exchange is submitted with what was read.
        if (queue.Count > 0 && queue.Oldest.ResponseDone && !queue.Oldest.IsCut)
        {
            queue.CutRequest(ref queue.Oldest, InvalidReason.None);
            services.Statistics.Anomalies.Count(ConnectionAnomaly.EarlyResponse);
            queue.Complete();
        }

        bool isAnswered = queue.Count > 0 && (queue.Oldest.ResponseBegun || isResponseHeld);
        for (bool isOldest = true; queue.Count > 0; isOldest = false)
        {
            var reason = isShutdown ? UnpairedReason.InFlight : isOldest && isAnswered ? UnpairedReason.ResponseIncomplete
                : UnpairedReason.NoResponse;
            EndOldest(reason, endedBy, timeNanoseconds);
        }

        return isAnswered;
    }

    // Counted by its reason and submitted; if a part of it was missed, only counted.
    private void EndOldest(UnpairedReason reason, EndedBy endedBy, long timeNanoseconds)
    {
        ref var oldest = ref queue.Oldest;
        if (oldest.IsCut)
        {
            queue.DropOldest(reason);
            return;
        }

        if (oldest.ResponseBegun)
        {
            oldest.ResponseBytes += connection.Responses.Reader.MessageBytes;
            oldest.ResponseBodyBytes = connection.Responses.Reader.ContentBytes;
        }

        if (!oldest.RequestDone) queue.CutRequest(ref oldest, InvalidReason.Incomplete);
        oldest.ResponseEndNanoseconds = timeNanoseconds;
        oldest.EndedBy = endedBy;
        services.Statistics.CountUnpaired(reason);
        services.Sink.AcceptUnfinished(new Exchange(connection, in oldest));
        queue.RemoveOldest();
    }
}
