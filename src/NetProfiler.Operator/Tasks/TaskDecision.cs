using NetProfiler.Api.Resources;

namespace NetProfiler.Operator.Tasks;

/// <summary>The decision about a task.</summary>
/// <param name="Status">The desired status; equal to the current one if nothing is to be written.</param>
/// <param name="LookAgainAfter">Null to wait for the next change.</param>
/// <param name="Delete">Whether its time to live after the end has expired.</param>
internal sealed record TaskDecision(NetworkProfilingTaskStatus Status, TimeSpan? LookAgainAfter = null, bool Delete = false);
