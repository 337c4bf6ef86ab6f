using NetProfiler.Api.Exporters;
using NetProfiler.Operator.Limits;

namespace NetProfiler.Operator.Loops;

/// <summary>What the operator works on, and how much it may write.</summary>
/// <param name="Namespace">The operator's own: where node configurations are.</param>
/// <param name="WritesPerSecond">Statuses have half of them.</param>
/// <param name="Exporters">Those that tasks may name.</param>
/// <param name="TasksPerNode">Tasks that capture on one node at the same time.</param>
/// <param name="Limits">What tasks may do, by namespace.</param>
internal sealed record OperatorScope(string Namespace, int WritesPerSecond, NamedExporters Exporters, int TasksPerNode,
    ClusterLimits Limits);
