using NetProfiler.Api.Resources;

namespace NetProfiler.Operator.Tasks;

/// <summary>What is to become of a task.</summary>
/// <param name="Status">As it is to be; equal to what it is where nothing is to be written.</param>
/// <param name="LookAgainAfter">Null: not before something changes.</param>
/// <param name="Delete">Its time after the end is up.</param>
internal sealed record TaskDecision(NetworkProfilingTaskStatus Status, TimeSpan? LookAgainAfter = null, bool Delete = false);
