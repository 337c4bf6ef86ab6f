using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Objects;

/// <summary>Asks the API server whose token this is. Never stored.</summary>
public sealed record V1TokenReview : IKubernetesEntity<V1TokenReview>
{
    public static EntityMetadata<V1TokenReview> EntityMetadata { get; } =
        new("authentication.k8s.io", "v1", "TokenReview", "tokenreviews", Namespaced: false, KubernetesJson.Default.V1TokenReview);

    public V1ObjectMeta Metadata { get; set; } = new();

    public V1TokenReviewSpec Spec { get; set; } = new();

    /// <summary>Null in the question.</summary>
    public V1TokenReviewStatus? Status { get; set; }
}

public sealed record V1TokenReviewSpec
{
    public string Token { get; set; } = "";

    // A record's text would hold the token.
    public override string ToString() => nameof(V1TokenReviewSpec);
}

public sealed record V1TokenReviewStatus
{
    public bool Authenticated { get; set; }

    public V1UserInfo? User { get; set; }
}

public sealed record V1UserInfo
{
    public string? Username { get; set; }

    public string? Uid { get; set; }

    public IReadOnlyList<string>? Groups { get; set; }

    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Extra { get; set; }
}

/// <summary>Asks the API server whether somebody may do something. Never stored.</summary>
public sealed record V1SubjectAccessReview : IKubernetesEntity<V1SubjectAccessReview>
{
    public static EntityMetadata<V1SubjectAccessReview> EntityMetadata { get; } =
        new("authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", Namespaced: false, KubernetesJson.Default.V1SubjectAccessReview);

    public V1ObjectMeta Metadata { get; set; } = new();

    public V1SubjectAccessReviewSpec Spec { get; set; } = new();

    /// <summary>Null in the question.</summary>
    public V1SubjectAccessReviewStatus? Status { get; set; }
}

public sealed record V1SubjectAccessReviewSpec
{
    public string? User { get; set; }

    public string? Uid { get; set; }

    public IReadOnlyList<string>? Groups { get; set; }

    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Extra { get; set; }

    public V1ResourceAttributes? ResourceAttributes { get; set; }
}

public sealed record V1ResourceAttributes
{
    public string? Namespace { get; set; }

    public string? Verb { get; set; }

    public string? Group { get; set; }

    public string? Resource { get; set; }

    public string? Subresource { get; set; }

    public string? Name { get; set; }
}

public sealed record V1SubjectAccessReviewStatus
{
    public bool Allowed { get; set; }
}
