namespace NetProfiler.Api.Exporters;

/// <summary>The exporters of the cluster's administrator, by the names that tasks refer to. A task cannot specify an address.</summary>
public sealed class NamedExporters(IReadOnlyDictionary<string, ExporterAddresses> byName)
{
    /// <summary>The reason for a missing exporter in conditions of agents and the operator.</summary>
    public const string NotFound = "ExporterNotFound";

    /// <summary>No exporters, as without a file: every name is unknown.</summary>
    public static NamedExporters None { get; } = new(new Dictionary<string, ExporterAddresses>());

    public IReadOnlyDictionary<string, ExporterAddresses> ByName => byName;

    /// <summary>The fault of an unknown name, with the known names. Null if the name is known.</summary>
    public string? FaultOf(string name) =>
        byName.ContainsKey(name) ? null
            : byName.Count == 0 ? $"there is no exporter \"{name}\": the cluster's administrator has named none"
            : $"there is no exporter \"{name}\": known are {string.Join(", ", byName.Keys.Order(StringComparer.Ordinal))}";
}

/// <summary>The collectors of one exporter, at least one; null if unused. The addresses have been validated.</summary>
public sealed record ExporterAddresses(string? Zipkin, string? SkyWalking, string? Otlp);
