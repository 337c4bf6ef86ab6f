namespace NetProfiler.Api.Resources;

/// <summary>Whether the plaintext of the targets' TLS sessions is read.</summary>
public sealed record TaskTls
{
    public bool Enabled { get; set; } = TaskDefaults.TlsEnabled;
}

/// <summary>TLS connections of a task's targets.</summary>
public sealed record TaskTlsCounts
{
    /// <summary>Those whose plaintext was read, at least in part.</summary>
    public long Read { get; set; }

    /// <summary>Those that ended, or were open at the end of the task, without plaintext being read. Null if there are none.</summary>
    public IReadOnlyList<TaskTlsUnread>? Unread { get; set; }
}

/// <summary>TLS connections that were not read for one reason.</summary>
public sealed record TaskTlsUnread
{
    /// <summary>As in the metric <c>netprofiler_tls_unread_total</c>.</summary>
    public string Reason { get; set; } = "";

    public long Connections { get; set; }
}
