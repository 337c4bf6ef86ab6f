using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>What <c>make build</c> leaves behind.</summary>
public sealed class PublishedTests
{
    private static readonly string Artifacts = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Agent.Program)!, ".."));

    [Fact]
    public void The_executables_stand_alone() => Assert.Equal(
        ["netprofiler", "netprofiler-operator"], Directory.EnumerateFileSystemEntries($"{Artifacts}/bin").Select(Path.GetFileName).Order());

    [Theory]
    [InlineData("Node", "netprofiler")]
    [InlineData("Operator", "netprofiler-operator")]
    public void A_program_is_native_and_was_compiled_without_a_warning(string project, string program)
    {
        // An ELF file is the framework's launcher, too; this symbol only the native runtime exports.
        var executable = File.ReadAllBytes($"{Artifacts}/bin/{program}").AsSpan();
        Assert.True(executable.StartsWith("\u007FELF"u8));
        Assert.True(executable.IndexOf("DotNetRuntimeDebugHeader"u8) > 0);

        Assert.True(File.Exists($"{Artifacts}/symbols/{program}.dbg"));
        Assert.DoesNotContain("warning", File.ReadAllText($"{Artifacts}/published/{project}.log"), StringComparison.OrdinalIgnoreCase);
    }
}
