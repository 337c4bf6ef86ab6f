namespace NetProfiler.Kubernetes.Reconciliation;

/// <summary>A right that a controller needs, on whole kinds. A test compares all of them with the roles that are installed.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class EntityRbacAttribute(params Type[] entities) : Attribute
{
    /// <summary>Types with a <see cref="k8s.Models.KubernetesEntityAttribute"/>.</summary>
    public IReadOnlyList<Type> Entities => entities;

    public RbacVerb Verbs { get; init; }
}

/// <summary>The same for what is no kind of its own, such as a subresource.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class GenericRbacAttribute : Attribute
{
    /// <summary>Empty text: the core group.</summary>
    public string[] Groups { get; init; } = [];

    /// <summary>Plurals, as <c>pods/status</c>.</summary>
    public string[] Resources { get; init; } = [];

    public RbacVerb Verbs { get; init; }
}

[Flags]
public enum RbacVerb
{
    None = 0,
    Get = 1 << 0,
    List = 1 << 1,
    Watch = 1 << 2,
    Create = 1 << 3,
    Update = 1 << 4,
    Patch = 1 << 5,
    Delete = 1 << 6,
}
