using System.Collections.Concurrent;
using System.Net;
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

    /// <summary>It is not asked now: it was asked too often, for this source or for all.</summary>
    TooMany,
}

/// <summary>
/// Authorizes access to the content of a task's samples with the API server: <c>get</c> on <c>networkprofilingtasks/samples</c>. Answers
/// are cached for ten seconds, and the rate of queries is limited to a few per second.
/// </summary>
internal sealed class SampleAccess(IKubernetesClient client, TimeProvider time) : IDisposable
{
    /// <summary>Tokens for the API server itself are rejected: a server that receives one could use it there.</summary>
    public const string Audience = "netprofiler";

    private const int MaxRemembered = 1024;
    private const int ReviewsPerSecond = 10;
    private const int MaxTokenLength = 16 * 1024;

    private static readonly TimeSpan Validity = TimeSpan.FromSeconds(10);

    // A random key per process: cached entries are useless elsewhere.
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<string, (Access Access, long Since)> _remembered = new();
    private readonly TokenBucketRateLimiter _reviews = new(Budget(ReviewsPerSecond));

    // One that asks for nothing for a while is forgotten; connections bound how many there are.
    private readonly PartitionedRateLimiter<IPAddress> _reviewsOfSource = PartitionedRateLimiter.Create<IPAddress, IPAddress>(
        source => RateLimitPartition.GetTokenBucketLimiter(source, _ => Budget(ReviewsPerSecond / 2)));

    /// <param name="source">Address of the client.</param>
    public async Task<Access> OfAsync(IPAddress source, string token, string @namespace, string task, CancellationToken cancellation)
    {
        if (token.Length is 0 or > MaxTokenLength) return Access.NotAuthenticated;
        string key = Convert.ToHexString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{@namespace}/{task}/{token}")));
        if (_remembered.TryGetValue(key, out var known) && time.GetElapsedTime(known.Since) < Validity) return known.Access;

        using var leaseOfSource = _reviewsOfSource.AttemptAcquire(source);
        if (!leaseOfSource.IsAcquired) return Access.TooMany;
        using var lease = _reviews.AttemptAcquire();
        if (!lease.IsAcquired) return Access.TooMany;

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

    public void Dispose()
    {
        _reviews.Dispose();
        _reviewsOfSource.Dispose();
    }

    private static TokenBucketRateLimiterOptions Budget(int perSecond) => new()
    {
        TokenLimit = 2 * perSecond, TokensPerPeriod = perSecond, ReplenishmentPeriod = TimeSpan.FromSeconds(1), QueueLimit = 0,
    };

    private async Task<Access> AskAsync(string token, string @namespace, string task, CancellationToken cancellation)
    {
        var review = await client.ApiClient.AuthenticationV1.CreateTokenReviewAsync(
            new() { Spec = new() { Token = token, Audiences = [Audience] } }, cancellationToken: cancellation).ConfigureAwait(false);
        if (review.Status is not { Authenticated: true, User: { Username.Length: > 0 } user }) return Access.NotAuthenticated;

        // An authenticator that knows of no audiences leaves them out, and accepts tokens for any.
        if (review.Status.Audiences?.Contains(Audience) != true) return Access.NotAuthenticated;

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
