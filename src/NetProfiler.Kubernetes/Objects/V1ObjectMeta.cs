using System.Text.Json.Serialization;

namespace NetProfiler.Kubernetes.Objects;

/// <summary>Of Kubernetes' metadata what we read or write. The server's own part is null in what was never stored.</summary>
public sealed record V1ObjectMeta
{
    public string Name { get; set; } = "";

    /// <summary>Null: the namespace of whoever applies it, or none where the kind has none.</summary>
    public string? Namespace { get; set; }

    public IReadOnlyDictionary<string, string> Labels { get; set; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Annotations { get; set; } = new Dictionary<string, string>();

    /// <summary>Who an object is: its name may be taken by another one later.</summary>
    [JsonPropertyName("uid")]
    public string? Uid { get; set; }

    /// <summary>Opaque: compared for equality only.</summary>
    public string? ResourceVersion { get; set; }

    /// <summary>Rises with every change of the specification.</summary>
    public long? Generation { get; set; }

    public DateTimeOffset? CreationTimestamp { get; set; }

    /// <summary>Not null: the object ends when its last finalizer is gone.</summary>
    public DateTimeOffset? DeletionTimestamp { get; set; }

    public IReadOnlyList<V1OwnerReference>? OwnerReferences { get; set; }

    public IReadOnlyList<string>? Finalizers { get; set; }
}

/// <summary>An object that ends with its owner. The owner is in the same namespace, or in none.</summary>
public sealed record V1OwnerReference
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public string Name { get; set; } = "";

    public string Uid { get; set; } = "";

    public bool? Controller { get; set; }
}
