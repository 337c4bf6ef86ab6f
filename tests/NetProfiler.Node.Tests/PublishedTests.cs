using System.Reflection.PortableExecutable;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>What <c>make build</c> leaves behind.</summary>
public sealed class PublishedTests
{
    /// <summary>Code that was compiled ahead of time stays as it is, and every event would take half as long again.</summary>
    [Theory]
    [InlineData("NetProfiler.Http1.dll", false)]
    [InlineData("NetProfiler.Analysis.dll", false)]
    [InlineData("NetProfiler.Capture.dll", false)]
    [InlineData("NetProfiler.Telemetry.dll", true)]
    [InlineData("netprofiler.dll", true)]
    [InlineData("netprofiler-operator.dll", true)]
    public void What_every_event_passes_through_is_compiled_in_full_where_it_runs(string assembly, bool isAheadOfTime)
    {
        using var file = new PEReader(File.OpenRead(Path.Combine(Path.GetDirectoryName(Agent.Program)!, assembly)));
        Assert.Equal(isAheadOfTime, file.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0);
    }
}
