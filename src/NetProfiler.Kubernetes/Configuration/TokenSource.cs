using System.Net.Http.Headers;
using k8s.Authentication;
using Microsoft.Extensions.Logging;

namespace NetProfiler.Kubernetes.Configuration;

/// <summary>
/// The value of the Authorization field, read from its source again after <paramref name="maxAge"/>, and at once when the server rejected
/// it. The library's own providers keep a rejected token for up to a minute.
/// </summary>
/// <param name="read">Returns the current value; after an <see cref="IOException"/>, the previous one remains in use.</param>
internal sealed partial class TokenSource(
    Func<CancellationToken, Task<AuthenticationHeaderValue>> read, TimeSpan maxAge, TimeProvider time, ILogger logger) : ITokenProvider
{
    /// <summary>Same as client-go: far less than the fifth of its lifetime that a token has left when it is replaced.</summary>
    private static readonly TimeSpan FileAge = TimeSpan.FromSeconds(60);

    private volatile Held? _held;

    /// <summary>A token that the kubelet renews in a file.</summary>
    public static TokenSource OfFile(string path, TimeProvider time, ILogger logger) => new(
        async cancellationToken => (await File.ReadAllTextAsync(path, cancellationToken)).Trim() is { Length: > 0 } token
            ? new AuthenticationHeaderValue("Bearer", token)
            : throw new IOException($"{path} is empty"),
        FileAge, time, logger);

    /// <summary>A token that never changes.</summary>
    public static TokenSource Of(AuthenticationHeaderValue value, TimeProvider time, ILogger logger) =>
        new(_ => Task.FromResult(value), TimeSpan.MaxValue, time, logger);

    /// <summary>A provider of the library that handles expiry itself.</summary>
    public static TokenSource Of(ITokenProvider provider, TimeProvider time, ILogger logger) =>
        new(provider.GetAuthenticationHeaderAsync, TimeSpan.Zero, time, logger);

    /// <exception cref="KubernetesConfigurationException">No token could ever be read.</exception>
    public async Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken)
    {
        if (_held is { } held && time.GetElapsedTime(held.ReadAt) < maxAge) return held.Value;

        try
        {
            var value = await read(cancellationToken);
            _held = new Held(value, time.GetTimestamp());
            return value;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (_held is not { } old)
                throw new KubernetesConfigurationException($"the token cannot be read: {exception.Message}", exception);
            Log.KeptOldToken(logger, exception.Message);
            _held = old with { ReadAt = time.GetTimestamp() };
            return old.Value;
        }
    }

    /// <summary>Called when the server rejected this value: it is read again, unless another request has done so since.</summary>
    public void Invalidate(AuthenticationHeaderValue? refused)
    {
        if (_held is { } held && held.Value.Equals(refused)) Interlocked.CompareExchange(ref _held, null, held);
    }

    private sealed record Held(AuthenticationHeaderValue Value, long ReadAt);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Failed to read the token; using the previous one: {Reason}")]
        public static partial void KeptOldToken(ILogger logger, string reason);
    }
}
