using System.Diagnostics.CodeAnalysis;

namespace NetProfiler.Analysis.Tests.Support;

/// <summary>Tests that nothing else may run beside.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
[SuppressMessage("Naming", "CA1711", Justification = "xunit's own word")]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
