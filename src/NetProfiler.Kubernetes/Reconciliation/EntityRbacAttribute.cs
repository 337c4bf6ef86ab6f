namespace NetProfiler.Kubernetes.Reconciliation;

/// <summary>A permission that a controller requires, on whole kinds. A test compares all of them with the installed roles.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class EntityRbacAttribute(params Type[] entities) : Attribute
{
    /// <summary>Types with a <see cref="k8s.Models.KubernetesEntityAttribute"/>.</summary>
    public IReadOnlyList<Type> Entities => entities;

    public RbacVerb Verbs { get; init; }
}

/// <summary>Same for resources that are not kinds, such as subresources.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class GenericRbacAttribute : Attribute
{
    /// <summary>An empty string for the core group.</summary>
    public string[] Groups { get; init; } = [];

    /// <summary>Plurals, such as <c>pods/status</c>.</summary>
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
