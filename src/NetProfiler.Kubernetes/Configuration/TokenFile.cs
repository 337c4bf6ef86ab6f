using Microsoft.Extensions.Logging;

namespace NetProfiler.Kubernetes.Configuration;

/// <summary>A token that somebody else renews in a file, as the kubelet does. Read again after a while, and at once when it was refused.</summary>
internal sealed partial class TokenFile(string path, ClientCertificate? clientCertificate, TimeProvider time, ILogger logger) : ICredentialSource
{
    /// <summary>client-go's: far less than the fifth of its life that a token has left when it is replaced.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private Credential? _current;
    private string? _token;
    private long _readAt;

    public ValueTask<Credential> GetAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_current is null || time.GetElapsedTime(_readAt) >= MaxAge) Read();
            return ValueTask.FromResult(_current!);
        }
    }

    public void Invalidate(Credential refused)
    {
        lock (_lock)
        {
            // Others were refused too, and one of them has read the file since.
            if (_current == refused) Read();
        }
    }

    private void Read()
    {
        try
        {
            var token = File.ReadAllText(path).Trim();
            if (token.Length == 0) throw new IOException($"{path} is empty");
            if (token != _token) _current = new Credential(Credential.Bearer(token), clientCertificate);
            _token = token;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (_current is null) throw new KubernetesConfigurationException($"the token cannot be read: {exception.Message}", exception);
            Log.KeptOldToken(logger, path, exception.Message);
        }
        _readAt = time.GetTimestamp();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The token in {Path} cannot be read, the old one is used: {Reason}")]
        public static partial void KeptOldToken(ILogger logger, string path, string reason);
    }
}
