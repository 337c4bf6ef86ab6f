using NetProfiler.Api.Exporters;
using NetProfiler.Operator.Limits;

namespace NetProfiler.Operator.Loops;

/// <summary>The scope of the operator, and its limits for writes.</summary>
/// <param name="Namespace">The operator's own namespace, which contains the node configurations.</param>
/// <param name="WritesPerSecond">Statuses may use half of them.</param>
/// <param name="Exporters">The exporters that tasks can select by name.</param>
/// <param name="TasksPerNode">Maximum number of tasks that capture on one node at the same time.</param>
/// <param name="Limits">The limits for tasks, by namespace.</param>
internal sealed record OperatorScope(string Namespace, int WritesPerSecond, NamedExporters Exporters, int TasksPerNode,
    ClusterLimits Limits);
