using System.Runtime.InteropServices;
using NetProfiler.Capture.Tests.Support;
using NetProfiler.Capture.Tls;

namespace NetProfiler.Capture.Tests.Tls;

/// <summary>What is found in the code of libraries, and which kernels are refused.</summary>
public class ProbePlanTests
{
    [SkippableFact]
    public void The_installed_library_is_probed_where_it_costs_least()
    {
        var library = ProcessFiles.Installed().FirstOrDefault(one => one.Name == "libssl.so.3");
        Skip.If(library.Path is null, "needs libssl.so.3");
        using var file = File.OpenHandle(library.Path);
        var plan = ProbePlan.Of(ElfFile.Read(file, ProbePlan.Functions)!, library.Name)!;

        Assert.Equal("libssl.so.3", plan.Library);
        Assert.Contains(plan.Calls, probe => probe.Function == ProbedFunction.Handshake);
        Assert.Contains(plan.Ends, probe => probe.Function == ProbedFunction.Free);
        Assert.Equal(ProbedFunction.New, Assert.Single(plan.Beginnings).Function);
        Assert.Equal(4, plan.Roles.Count);
        // In OpenSSL 3.0 the randoms follow each other.
        Assert.Equal((null, 32), (plan.Layout.ServerRandom!.Value.PointerAt,
            plan.Layout.ClientRandom!.Value.Offset - plan.Layout.ServerRandom.Value.Offset));
        // Either the one function behind both, which says where it leaves the length, or both.
        foreach (var function in new[] { ProbedFunction.Read, ProbedFunction.Write })
        {
            var probes = plan.Calls.Where(probe => probe.Function == function).ToList();
            if (probes is [var common]) Assert.Equal(4, common.LengthArgument);
            else Assert.Equal([0, 4], probes.Select(probe => probe.LengthArgument));
            Assert.All(probes, probe => Assert.NotEqual(0UL, probe.Offset));
        }
    }

    [SkippableFact]
    public void A_program_that_contains_the_library_is_probed_itself()
    {
        Skip.IfNot(File.Exists("/usr/bin/node"), "needs node");
        using var file = FileIdentity.Open("/usr/bin/node");
        var plan = ProbePlan.Of(ElfFile.Read(file, ProbePlan.Functions)!, "node");
        Skip.If(plan is null, "node's library is a file of its own");

        Assert.Equal([ProbedFunction.Free, ProbedFunction.Clear], plan.Ends.Select(probe => probe.Function));
        Assert.Equal(4, plan.Roles.Count);
        Assert.NotNull(plan.Layout.VersionAt);
        Assert.NotNull(plan.Layout.ClientRandom);
        Assert.NotNull(plan.Layout.ServerRandom);
    }

    /// <summary>Only its symbols for debugging tell of a library that is linked into a program and exports nothing.</summary>
    [SkippableFact]
    public void Functions_that_a_program_does_not_export_are_found_by_its_symbols()
    {
        Skip.IfNot(Tool.IsThere("clang"), "needs clang");
        var folder = Directory.CreateTempSubdirectory("netprofiler-test-");
        try
        {
            string source = Path.Combine(folder.FullName, "a.c"), program = Path.Combine(folder.FullName, "a");
            // The end of the first name is another one, and a linker may write both as one.
            File.WriteAllText(source, "int xSSL_read(void) { return 1; } int SSL_read(void) { return 2; } int main(void) { return 0; }");
            Tool.Run("clang", "-O0", source, "-o", program);
            using var file = FileIdentity.Open(program);
            var elf = ElfFile.Read(file, ProbePlan.Functions)!;
            string[] listed = Tool.Run("nm", program).Split('\n').Single(line => line.EndsWith(" SSL_read", StringComparison.Ordinal))
                .Split(' ');
            Assert.Equal(Convert.ToUInt64(listed[0], 16), elf.Find("SSL_read")!.Value.Address);
            Assert.Null(elf.Find("SSL_write"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("not an ELF file")]
    [InlineData("")]
    [InlineData("\u007fELF\u0002\u0001")]
    public void What_is_no_library_is_refused(string content)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, content);
            using var file = File.OpenHandle(path);
            Assert.Null(ElfFile.Read(file, ProbePlan.Functions));
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>A library of a hostile container: whatever byte is another, reading ends with a plan or without one.</summary>
    [SkippableFact]
    public void A_library_that_is_damaged_anywhere_in_its_tables_does_no_harm()
    {
        var library = ProcessFiles.Installed().FirstOrDefault(one => one.Name == "libssl.so.3");
        Skip.If(library.Path is null, "needs libssl.so.3");
        byte[] whole = File.ReadAllBytes(library.Path);
        string path = Path.GetTempFileName();
        var random = new Random(20);
        try
        {
            for (int i = 0; i < 200; i++)
            {
                byte[] damaged = [.. whole];
                for (int k = 0; k < 8; k++) damaged[i % 2 == 0 ? random.Next(64) : random.Next(damaged.Length)] = (byte)random.Next(256);
                File.WriteAllBytes(path, damaged[..(i % 10 == 9 ? random.Next(damaged.Length) : damaged.Length)]);
                using var file = File.OpenHandle(path);
                if (ElfFile.Read(file, ProbePlan.Functions) is { } elf) _ = ProbePlan.Of(elf, "libssl.so.3");
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("5.10.0", false)]
    [InlineData("6.1.150", false)]
    [InlineData("6.6.50", false)]
    [InlineData("6.10.3", true)]
    [InlineData("6.11.5", false)]
    [InlineData("6.12.13", false)]
    [InlineData("6.12.14", true)]
    [InlineData("6.13.2", false)]
    [InlineData("6.13.3", true)]
    [InlineData("6.14.0", true)]
    [InlineData("6.18.44", true)]
    [InlineData("7.2.0", true)]
    public void Kernels_where_a_probe_could_do_harm_are_refused(string kernel, bool isRead) =>
        Assert.Equal(isRead, TlsSupport.RefusalOf(Version.Parse(kernel), Architecture.X64, hasLinks: true) is null);

    [Fact]
    public void Other_architectures_and_kernels_without_the_links_are_refused_with_a_reason()
    {
        Assert.Contains("x86-64", TlsSupport.RefusalOf(new Version(6, 18, 0), Architecture.Arm64, hasLinks: true));
        Assert.Contains("6.10", TlsSupport.RefusalOf(new Version(6, 18, 0), Architecture.X64, hasLinks: false));
    }
}
