using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace NetProfiler.Kubernetes.Configuration;

/// <summary>Where configurations come from on this machine.</summary>
internal sealed record ConfigurationSources
{
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    public string HomeFolder { get; init; } = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    /// <summary>Where the kubelet puts a pod's identity.</summary>
    public string ServiceAccountFolder { get; init; } = "/var/run/secrets/kubernetes.io/serviceaccount";

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public ILogger Logger { get; init; } = NullLogger.Instance;

    public string? NonEmptyVariable(string name) => Variable(name) is { Length: > 0 } value ? value : null;
}
