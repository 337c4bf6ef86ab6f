namespace NetProfiler.Analysis.Redaction;

/// <summary>What becomes of a target's query; the stricter the larger.</summary>
public enum QueryRedaction : byte
{
    /// <summary>Values under secret names are masked.</summary>
    Secrets,

    /// <summary>All values are masked; names stay.</summary>
    Values,

    /// <summary>It is left out.</summary>
    Drop,
}

/// <summary>What is masked, and how. Nothing switches masking off: a task adds to it.</summary>
public sealed record RedactionPolicy(SecretNames Names, Masker Masker, QueryRedaction Query = QueryRedaction.Secrets)
{
    /// <summary>Masks whatever either would.</summary>
    public RedactionPolicy With(RedactionPolicy other) =>
        new(Names.With(other.Names), Masker, (QueryRedaction)byte.Max((byte)Query, (byte)other.Query));
}
