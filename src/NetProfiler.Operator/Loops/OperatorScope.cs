using NetProfiler.Api.Exporters;

namespace NetProfiler.Operator.Loops;

/// <summary>What the operator works on, and how much it may write.</summary>
/// <param name="Namespace">The operator's own: where node configurations are.</param>
/// <param name="WritesPerSecond">Statuses have half of them.</param>
/// <param name="Exporters">Those that tasks may name.</param>
internal sealed record OperatorScope(string Namespace, int WritesPerSecond, NamedExporters Exporters);
