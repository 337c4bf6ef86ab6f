namespace NetProfiler.Api.Exporters;

/// <summary>
/// Where samples may be sent, by the names that tasks refer to. They are the cluster administrator's: a task cannot name an address.
/// </summary>
public sealed class NamedExporters(IReadOnlyDictionary<string, ExporterAddresses> byName)
{
    /// <summary>Why a task has no exporter, as agents tell it and the operator understands it.</summary>
    public const string NotFound = "ExporterNotFound";

    /// <summary>As without a file of them: every name is unknown.</summary>
    public static NamedExporters None { get; } = new(new Dictionary<string, ExporterAddresses>());

    public IReadOnlyDictionary<string, ExporterAddresses> ByName => byName;

    /// <summary>Why a name is none of them, and which are; null: it is.</summary>
    public string? FaultOf(string name) =>
        byName.ContainsKey(name) ? null
            : byName.Count == 0 ? $"there is no exporter \"{name}\": the cluster's administrator has named none"
            : $"there is no exporter \"{name}\": known are {string.Join(", ", byName.Keys.Order(StringComparer.Ordinal))}";
}

/// <summary>The collectors of one exporter, at least one; null: not there. The addresses were looked at.</summary>
public sealed record ExporterAddresses(string? Zipkin, string? SkyWalking, string? Otlp);
