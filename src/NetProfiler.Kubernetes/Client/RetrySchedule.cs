using System.Net;

namespace NetProfiler.Kubernetes.Client;

/// <summary>Decides whether, and when, a failed request is sent again.</summary>
internal static class RetrySchedule
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>Upper limit of the delay that the server can request, because callers have deadlines of their own.</summary>
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A server that states when to retry has not done anything yet, so every request may be repeated; after a plain failure, the server
    /// may have processed the request.
    /// </summary>
    public static bool MayRepeat(ApiRequest request, HttpStatusCode status, TimeSpan? retryAfter) =>
        status == HttpStatusCode.TooManyRequests
        || ((int)status >= 500 && (retryAfter is not null || (request.IsRepeatable && status != HttpStatusCode.NotImplemented)));

    /// <param name="random">In [0, 1).</param>
    public static TimeSpan Delay(int attempt, TimeSpan? retryAfter, double random)
    {
        if (retryAfter is { } asked)
            return (asked < LongestRetryAfter ? asked : LongestRetryAfter) + First * random;

        var delay = First * Math.Pow(2, Math.Min(attempt, 10));
        return (delay < Longest ? delay : Longest) * (0.5 + random / 2);
    }
}
