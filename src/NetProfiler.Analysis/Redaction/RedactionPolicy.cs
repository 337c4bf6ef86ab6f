namespace NetProfiler.Analysis.Redaction;

/// <summary>How the query of a target is redacted. A larger value is stricter.</summary>
public enum QueryRedaction : byte
{
    /// <summary>Values under secret names are masked.</summary>
    Secrets,

    /// <summary>All values are masked; names stay.</summary>
    Values,

    /// <summary>The query is removed.</summary>
    Drop,
}

/// <summary>What is masked, and how. Masking cannot be disabled; a task can only add to it.</summary>
public sealed record RedactionPolicy(SecretNames Names, Masker Masker, QueryRedaction Query = QueryRedaction.Secrets)
{
    /// <summary>A policy that masks everything that either policy masks.</summary>
    public RedactionPolicy With(RedactionPolicy other) =>
        new(Names.With(other.Names), Masker, (QueryRedaction)byte.Max((byte)Query, (byte)other.Query));
}
