using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using k8s;
using k8s.Autorest;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Configuration;

namespace NetProfiler.Node.Cluster;

internal enum Access
{
    Granted,

    /// <summary>The API server rejected the token.</summary>
    NotAuthenticated,

    /// <summary>The token is valid, but its user is not permitted to read the samples.</summary>
    Denied,

    /// <summary>The API server could not be queried, or the rate limit was reached.</summary>
    Unknown,
}

/// <summary>
/// Authorizes access to the content of a task's samples with the API server: <c>get</c> on <c>networkprofilingtasks/samples</c>. Answers
/// are cached for ten seconds, and the rate of queries is limited to a few per second.
/// </summary>
internal sealed class SampleAccess(IKubernetesClient client, TimeProvider time) : IDisposable
{
    private const int MaxRemembered = 1024;
    private const int ReviewsPerSecond = 10;
    private const int MaxTokenLength = 16 * 1024;

    private static readonly TimeSpan Validity = TimeSpan.FromSeconds(10);

    // A random key per process: cached entries are useless elsewhere.
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<string, (Access Access, long Since)> _remembered = new();
    private readonly TokenBucketRateLimiter _reviews = new(new()
    {
        TokenLimit = 2 * ReviewsPerSecond, TokensPerPeriod = ReviewsPerSecond, ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
    });

    public async Task<Access> OfAsync(string token, string @namespace, string task, CancellationToken cancellation)
    {
        if (token.Length is 0 or > MaxTokenLength) return Access.NotAuthenticated;
        string key = Convert.ToHexString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{@namespace}/{task}/{token}")));
        if (_remembered.TryGetValue(key, out var known) && time.GetElapsedTime(known.Since) < Validity) return known.Access;

        using var lease = _reviews.AttemptAcquire();
        if (!lease.IsAcquired) return Access.Unknown;

        try
        {
            var access = await AskAsync(token, @namespace, task, cancellation).ConfigureAwait(false);
            if (_remembered.Count >= MaxRemembered) _remembered.Clear();
            _remembered[key] = (access, time.GetTimestamp());
            return access;
        }
        catch (Exception failure) when (failure
            is HttpOperationException or HttpRequestException or IOException or TimeoutException or KubernetesConfigurationException)
        {
            return Access.Unknown;
        }
    }

    public void Dispose() => _reviews.Dispose();

    private async Task<Access> AskAsync(string token, string @namespace, string task, CancellationToken cancellation)
    {
        var review = await client.ApiClient.AuthenticationV1.CreateTokenReviewAsync(new() { Spec = new() { Token = token } },
            cancellationToken: cancellation)
            .ConfigureAwait(false);
        if (review.Status is not { Authenticated: true, User: { Username.Length: > 0 } user }) return Access.NotAuthenticated;

        var answer = await client.ApiClient.AuthorizationV1.CreateSubjectAccessReviewAsync(new()
        {
            Spec = new()
            {
                User = user.Username,
                Uid = user.Uid,
                Groups = user.Groups,
                Extra = user.Extra,
                ResourceAttributes = new()
                {
                    NamespaceProperty = @namespace, Verb = "get", Group = "netprofiler.dev", Resource = "networkprofilingtasks",
                    Subresource = "samples", Name = task,
                },
            },
        }, cancellationToken: cancellation).ConfigureAwait(false);
        return answer.Status?.Allowed == true ? Access.Granted : Access.Denied;
    }
}
