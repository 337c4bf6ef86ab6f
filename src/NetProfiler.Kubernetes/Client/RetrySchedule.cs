using System.Net;

namespace NetProfiler.Kubernetes.Client;

/// <summary>Whether, and when, a request that failed is sent again.</summary>
internal static class RetrySchedule
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>A server that asks for more is asked again sooner: the caller has its own patience.</summary>
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A server that says when to come again did nothing yet, so every request may be repeated; one that only failed may have done
    /// its work.
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
