using NetProfiler.Operator.Targets;

namespace NetProfiler.Operator.Tasks;

/// <summary>What the cluster shows of a task at one moment.</summary>
/// <param name="Shares">Of every node with a container of the task, and of every node that has been part of it.</param>
internal sealed record TaskObservation(ResolvedTargets Targets, IReadOnlyList<NodeShare> Shares);
