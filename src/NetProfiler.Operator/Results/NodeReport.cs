using NetProfiler.Api.Resources;

namespace NetProfiler.Operator.Results;

/// <summary>What one node's agent said about one task.</summary>
/// <param name="NodeName">Of the configuration: an agent speaks for its own node alone.</param>
internal readonly record struct NodeReport(string NodeName, NodeTaskStatus Task);
