using System.Runtime.InteropServices;
using NetProfiler.Capture.Tls;

namespace NetProfiler.Capture.Tests.Tls;

/// <summary>What is found in the code of libraries, and which kernels are refused.</summary>
public class ProbePlanTests
{
    [SkippableFact]
    public void The_installed_library_is_probed_where_it_costs_least()
    {
        var library = ProcessLibraries.Installed().FirstOrDefault(one => one.Name == "libssl.so.3");
        Skip.If(library.Path is null, "needs libssl.so.3");
        using var file = File.OpenHandle(library.Path);
        var plan = ProbePlan.Of(ElfFile.Read(file, "SSL_")!, library.Name)!;

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
            Assert.Null(ElfFile.Read(file, "SSL_"));
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
        var library = ProcessLibraries.Installed().FirstOrDefault(one => one.Name == "libssl.so.3");
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
                if (ElfFile.Read(file, "SSL_") is { } elf) _ = ProbePlan.Of(elf, "libssl.so.3");
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
