using System.Net;
using System.Net.Security;

namespace NetProfiler.Telemetry.Export;

/// <summary>Maps a collector's HTTP status to the outcome of a batch, and to the time of the next attempt.</summary>
internal static class HttpAnswers
{
    /// <summary>Maximum number of bytes read of an answer.</summary>
    public const int MaxAnswerBytes = 64 * 1024;

    private const int MaxDetailCharacters = 200;

    public static SendOutcome OutcomeOf(HttpStatusCode status) => (int)status switch
    {
        >= 200 and < 300 => SendOutcome.Sent,
        408 or 425 or 429 or 502 or 503 or 504 => SendOutcome.Retry,
        400 or 413 or 415 or 422 => SendOutcome.RecordRefused,
        _ => SendOutcome.Refused,
    };

    public static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider time)
    {
        if (response.Headers.RetryAfter is not { } asked) return null;
        var delay = asked.Delta ?? asked.Date - time.GetUtcNow();
        return delay > TimeSpan.Zero ? delay : null;
    }

    public static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            byte[] answer = new byte[MaxAnswerBytes];
            int length = await stream.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false, cancellation)
                .ConfigureAwait(false);
            return answer[..length];
        }
    }

    public static string Detail(HttpStatusCode status, ReadOnlySpan<byte> answer)
    {
        string text = Cut(System.Text.Encoding.UTF8.GetString(answer).Trim());
        if (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            return $"permission denied ({(int)status}){(text.Length > 0 ? ": " + text : "")}; credentials are taken from the "
                + "collector's URL";
        return text.Length > 0 ? $"{(int)status} {text}" : $"{(int)status}";
    }

    /// <summary>The collector's message, cut to the maximum length.</summary>
    public static string Cut(string detail) => detail.Length > MaxDetailCharacters ? detail[..MaxDetailCharacters] : detail;

    /// <param name="tls">Null to use the certificates that this machine trusts.</param>
    public static HttpClient CreateClient(SslClientAuthenticationOptions? tls = null) => new(new SocketsHttpHandler
    {
        SslOptions = tls ?? new SslClientAuthenticationOptions(),
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5), // the collector's address may change
        UseCookies = false,
        UseProxy = false,
        MaxConnectionsPerServer = 2,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan, // the exporter has a timeout of its own
    };
}
