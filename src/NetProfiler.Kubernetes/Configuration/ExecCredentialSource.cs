namespace NetProfiler.Kubernetes.Configuration;

/// <summary>Asks a plugin, once for however many wait, and again shortly before its answer expires or when that was refused.</summary>
#pragma warning disable CA1001 // A semaphore without a wait handle holds nothing.
internal sealed class ExecCredentialSource(ExecPlugin plugin, ClientCertificate? certificate, TimeProvider time) : ICredentialSource
#pragma warning restore CA1001
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _single = new(1);
    private volatile Held? _held;

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    public async ValueTask<Credential> GetAsync(CancellationToken cancellationToken)
    {
        if (Valid() is { } current) return current;

        await _single.WaitAsync(cancellationToken);
        try
        {
            if (Valid() is { } fresh) return fresh;

            var answer = await plugin.RunAsync(Timeout, time, cancellationToken);
            var its = answer is { ClientCertificateData: { } pem, ClientKeyData: { } key }
                ? ClientCertificate.FromPem(pem, key, plugin.Command)
                : certificate;
            var credential = new Credential(answer.Token is { } token ? Credential.Bearer(token) : null, its);
            _held = new Held(credential, answer.ExpirationTimestamp);
            return credential;
        }
        finally
        {
            _single.Release();
        }
    }

    public void Invalidate(Credential refused)
    {
        if (_held is { } held && held.Credential == refused) Interlocked.CompareExchange(ref _held, null, held);
    }

    private Credential? Valid() =>
        _held is { } held && (held.Expires is not { } expires || time.GetUtcNow() < expires - Margin) ? held.Credential : null;

    private sealed record Held(Credential Credential, DateTimeOffset? Expires);
}
