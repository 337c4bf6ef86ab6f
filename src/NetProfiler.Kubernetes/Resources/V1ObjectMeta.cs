using System.Text.Json.Serialization;

namespace NetProfiler.Kubernetes.Resources;

/// <summary>Of Kubernetes' metadata what we read or write. The server's own part is null in what was never stored.</summary>
public sealed record V1ObjectMeta
{
    public string Name { get; init; } = "";

    /// <summary>Null: the namespace of whoever applies it, or none where the kind has none.</summary>
    public string? Namespace { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>Who an object is: its name may be taken by another one later.</summary>
    [JsonPropertyName("uid")]
    public string? Uid { get; init; }

    /// <summary>Opaque: compared for equality only.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Rises with every change of the specification.</summary>
    public long? Generation { get; init; }

    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>Not null: the object ends when its last finalizer is gone.</summary>
    public DateTimeOffset? DeletionTimestamp { get; init; }

    public IReadOnlyList<V1OwnerReference>? OwnerReferences { get; init; }

    public IReadOnlyList<string>? Finalizers { get; init; }
}

/// <summary>An object that ends with its owner. The owner is in the same namespace, or in none.</summary>
public sealed record V1OwnerReference
{
    public string ApiVersion { get; init; } = "";

    public string Kind { get; init; } = "";

    public string Name { get; init; } = "";

    public string Uid { get; init; } = "";

    public bool? Controller { get; init; }
}
