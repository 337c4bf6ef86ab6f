namespace NetProfiler.Kubernetes.Configuration;

/// <summary>What a credential plugin is told, and what it answers.</summary>
internal sealed record ExecCredential
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "ExecCredential";

    public ExecCredentialSpec? Spec { get; set; }

    public ExecCredentialStatus? Status { get; set; }
}

internal sealed record ExecCredentialSpec
{
    public bool Interactive { get; set; }

    public ExecCredentialCluster? Cluster { get; set; }
}

internal sealed record ExecCredentialCluster
{
    public string Server { get; set; } = "";

    public string? TlsServerName { get; set; }

    public bool? InsecureSkipTlsVerify { get; set; }

    public string? CertificateAuthorityData { get; set; }

    public string? ProxyUrl { get; set; }
}

internal sealed record ExecCredentialStatus
{
    public DateTimeOffset? ExpirationTimestamp { get; set; }

    public string? Token { get; set; }

    public string? ClientCertificateData { get; set; }

    public string? ClientKeyData { get; set; }

    /// <summary>A record prints itself; a secret never.</summary>
    public override string ToString() => $"credential until {ExpirationTimestamp?.ToString("O") ?? "it is refused"}";
}
