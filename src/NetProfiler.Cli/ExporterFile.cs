using NetProfiler.Api.Exporters;
using NetProfiler.Api.Resources;
using NetProfiler.Api.Yaml;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Cli;

/// <summary>
/// Reads the file in which an administrator names exporters, as strictly as task files: <c>exporters</c>, a map from names to
/// <c>zipkin</c>, <c>skywalking</c> and <c>otlp</c>, with the syntax of the options of these names.
/// </summary>
public static class ExporterFile
{
    public const int MaxBytes = 64 * 1024;

    /// <summary>Each exporter has queues of its own in every agent, and series of its own.</summary>
    public const int MaxExporters = 16;

    private const string Root = "exporters";

    /// <summary>If Exporters is null, the lines contain the faults, such as "exporters.yaml:2:17: exporters.oap.zipkin: ...".</summary>
    public static (NamedExporters? Exporters, IReadOnlyList<string> FaultLines) Read(string path)
    {
        var (exporters, faultLines) = SettingsFile.Read(
            path, MaxBytes, "map of exporters", $"the field {Root}", file => file.ObjectMap(Root, Addresses) ?? NamedExporters.None.ByName,
            BrokenRules);
        return (exporters is null ? null : new(exporters), faultLines);
    }

    private static ExporterAddresses Addresses(FieldReader exporter) =>
        new(exporter.String("zipkin"), exporter.String("skywalking"), exporter.String("otlp"));

    private static IEnumerable<FieldFault> BrokenRules(IReadOnlyDictionary<string, ExporterAddresses> exporters)
    {
        if (exporters.Count > MaxExporters) yield return new(Root, $"must have at most {MaxExporters}, has {exporters.Count}");
        foreach (var (name, addresses) in exporters)
        {
            string path = FieldPath.Field(Root, name);
            if (!KubernetesName.IsSubdomain(name)) yield return new(path, $"the name {KubernetesName.SubdomainRule}");
            if (addresses is { Zipkin: null, SkyWalking: null, Otlp: null }) yield return new(path, "needs zipkin, skywalking or otlp");
            if (addresses.Zipkin is { } zipkin && !SampleExporters.IsZipkin(zipkin))
                yield return Address("zipkin", zipkin, SampleExporters.ZipkinForm);
            if (addresses.SkyWalking is { } oap && !SampleExporters.IsSkyWalking(oap))
                yield return Address("skywalking", oap, SampleExporters.SkyWalkingForm);
            if (addresses.Otlp is { } otlp && !SampleExporters.IsOtlp(otlp)) yield return Address("otlp", otlp, SampleExporters.OtlpForm);

            FieldFault Address(string field, string text, string form) =>
                new(FieldPath.Field(path, field), $"{Quote.Of(text)} is no such address: {form}");
        }
    }
}
