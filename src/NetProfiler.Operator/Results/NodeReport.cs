using NetProfiler.Api.Resources;

namespace NetProfiler.Operator.Results;

/// <summary>The report of one node's agent about one task.</summary>
/// <param name="NodeName">From the configuration: an agent reports only for its own node.</param>
internal readonly record struct NodeReport(string NodeName, NodeTaskStatus Task);
