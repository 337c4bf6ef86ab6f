namespace NetProfiler.Kubernetes.Objects;

/// <summary>One aspect of an object's state, by Kubernetes' API conventions.</summary>
public sealed record V1Condition
{
    public string Type { get; set; } = "";

    /// <summary><c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
    public string Status { get; set; } = "Unknown";

    /// <summary>The generation of the specification that this is about.</summary>
    public long? ObservedGeneration { get; set; }

    /// <summary>When <see cref="Status"/> changed last.</summary>
    public DateTimeOffset LastTransitionTime { get; set; }

    /// <summary>One CamelCase word.</summary>
    public string Reason { get; set; } = "";

    /// <summary>For people; at most 256 characters.</summary>
    public string Message { get; set; } = "";
}
