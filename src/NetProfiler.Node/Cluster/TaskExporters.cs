using NetProfiler.Api.Exporters;
using NetProfiler.Api.Resources;
using NetProfiler.Node.Samples;

namespace NetProfiler.Node.Cluster;

/// <summary>The collectors that the samples of each task go to. Any thread.</summary>
internal sealed class TaskExporters(NamedExporters named, SampleOutlets outlets)
{
    /// <summary>The exporters that tasks may name.</summary>
    public NamedExporters Named => named;

    /// <summary>Whether the task's samples are taken. Null if they go to no collector.</summary>
    public NodeTaskExporting? Of(NodeTask share)
    {
        var exporters = outlets.ExportersOf(share.ExportRef?.Name);
        if (exporters.Count == 0) return null;
        var failed = exporters.FirstOrDefault(exporter => exporter.Failing is not null);
        return failed?.Failing is { } failure
            ? new() { Exporter = failed.Name, FailingSince = failure.Since.WholeSeconds(), Message = failure.Reason }
            : new();
    }
}
