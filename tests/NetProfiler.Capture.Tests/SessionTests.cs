using System.Globalization;
using NetProfiler.Capture.Tests.Support;
using Xunit.Abstractions;

namespace NetProfiler.Capture.Tests;

/// <summary>What a session leaves behind: nothing. And what it asks of the verifier.</summary>
[Collection("live")]
public class SessionTests(OddCalls program, ITestOutputHelper output)
{
    private const long MaxVerifiedInstructions = 800_000;

    [SkippableTheory]
    [InlineData("capture.bpf.o")]
    [InlineData("capture.typed.bpf.o")]
    public unsafe void Every_program_is_verified_well_within_the_kernels_budget(string name)
    {
        Skip.If(program.Reason is not null, program.Reason);
        byte[] image = CaptureSession.ReadObject(name);
        LibbpfLog.Install();
        nint loaded;
        fixed (byte* start = image) loaded = Libbpf.bpf_object__open_mem(start, (nuint)image.Length, 0);
        try
        {
            Skip.If(name.Contains("typed", StringComparison.Ordinal) && !KernelTypes.AreTyped, "needs kernel 6.2");
            var options = new CaptureOptions();
            bool isTyped = name.Contains("typed", StringComparison.Ordinal);
            CallHooks[] hooks = isTyped ? [CallHooks.RawTwice, CallHooks.TraceEvents] : [CallHooks.Raw];
            var doors = isTyped ? CaptureDoors.ByName.Values.Where(CaptureDoors.IsOffered) : [];
            string[] programs = [.. hooks.Select(one => KernelPrograms.OfCalls(one, options))
                .Concat(doors.Select(door => KernelPrograms.Of(door, options))).SelectMany(one => one.Loaded).Distinct()];
            foreach (string entry in programs)
                _ = Libbpf.bpf_program__set_autoload(Libbpf.bpf_object__find_program_by_name(loaded, entry), true);
            Assert.True(Libbpf.bpf_object__load(loaded) == 0, LibbpfLog.Take());
            foreach (string entry in programs)
            {
                int fd = Libbpf.bpf_program__fd(Libbpf.bpf_object__find_program_by_name(loaded, entry));
                long instructions = Descriptors.Field(fd, "verified_insns") ?? throw new SkipException("needs kernel 5.16");
                output.WriteLine($"{name} {entry}: {instructions} instructions verified");
                Assert.InRange(instructions, 1, MaxVerifiedInstructions);
            }
        }
        finally
        {
            Libbpf.bpf_object__close(loaded);
        }
    }

    [SkippableFact]
    public void Nothing_stays_attached_or_loaded()
    {
        Skip.If(program.Reason is not null, program.Reason);
        Skip.IfNot(Tool.IsThere("bpftool"), "needs bpftool");
        var before = Descriptors.Objects();
        string[] during;
        using (var capture = new LiveCapture(new CaptureTargets { Names = [program.Name] }))
        {
            Tool.Run(program.Path, "plain");
            capture.Settle();
            during = [.. Descriptors.Objects().Except(before)];
        }

        int programs = KernelPrograms.Of(CaptureDoors.Candidates(new CaptureOptions())[0], new CaptureOptions()).Names.Count;
        Assert.Equal(programs, during.Count(one => one.StartsWith("link", StringComparison.Ordinal)));
        Assert.True(during.Count(one => one.StartsWith("prog", StringComparison.Ordinal)) >= programs);
        Assert.Empty(Descriptors.Objects().Except(before));
        Assert.Empty(StillThere(during, TimeSpan.FromSeconds(30)));
    }

    [SkippableFact]
    public void Detached_it_sees_nothing_more_but_keeps_what_it_saw()
    {
        Skip.If(program.Reason is not null, program.Reason);
        using var capture = new LiveCapture(new CaptureTargets { Names = [program.Name] });
        Tool.Run(program.Path, "plain");
        capture.Session.Detach();
        Assert.Equal(0, capture.Session.Programs);
        Tool.Run(program.Path, "plain");
        capture.Drain();
        Assert.Equal(2, capture.Exchanges.Count);
    }

    [SkippableFact]
    public void A_target_that_does_not_exist_is_named_and_nothing_stays_attached()
    {
        Skip.If(program.Reason is not null, program.Reason);
        var before = Descriptors.Objects();
        Assert.Contains("4194303", Refusal(new CaptureTargets { ProcessIds = [4_194_303] }), StringComparison.Ordinal);
        Assert.Contains("/no/such/cgroup does not exist", Refusal(new CaptureTargets { Cgroups = ["/no/such/cgroup"] }),
            StringComparison.Ordinal);
        Assert.Contains("is not a control group (it has no cgroup.procs", Refusal(new CaptureTargets { Cgroups = ["/tmp"] }),
            StringComparison.Ordinal);
        Assert.Empty(Descriptors.Objects().Except(before));
    }

    [SkippableFact]
    public void What_does_not_fit_into_the_ring_is_counted()
    {
        Skip.If(program.Reason is not null, program.Reason);
        using var capture = new LiveCapture(new CaptureTargets { Names = [program.Name] }, new CaptureOptions { RingBytes = 64 * 1024 });
        Tool.Run(program.Path, "plain", "tcp", "2000"); // nobody drains meanwhile
        capture.Drain();
        long lost = capture.Session.Read(Counter.LostRingFull);
        output.WriteLine($"{capture.Exchanges.Count} of 4000 exchanges, {lost} events lost, {string.Join(", ", capture.Lost)}");
        Assert.InRange(lost, 1, long.MaxValue);
        Assert.InRange(capture.Exchanges.Count, 1, 3999);
        Assert.All(capture.Exchanges, exchange => Assert.Equal("GET /a 200: 34 (0) -> 43 (5)", exchange.Content));
        // two events for an exchange on each end, and those of the connection and its end
        Assert.InRange(lost + capture.Session.Read(Counter.Events), 8000, 8020);
    }

    private static string Refusal(CaptureTargets targets) =>
        Assert.Throws<TargetNotFoundException>(() => CaptureSession.Start(targets, new CaptureOptions())).Message;

    // The kernel frees programs a little later than their last descriptor.
    private static string[] StillThere(string[] objects, TimeSpan patience)
    {
        var until = DateTime.UtcNow + patience;
        while (true)
        {
            string[] there = [.. objects.Where(one =>
                Tool.Try("bpftool", [one.Split(' ')[0], "show", "id", one.Split(' ')[1]]).ExitCode == 0)];
            if (there.Length == 0 || DateTime.UtcNow > until) return there;
            Thread.Sleep(100);
        }
    }

    /// <summary>What the kernel says of this process's descriptors of BPF objects.</summary>
    private static class Descriptors
    {
        public static HashSet<string> Objects()
        {
            var objects = new HashSet<string>();
            foreach (string path in Directory.EnumerateFiles("/proc/self/fdinfo"))
            {
                foreach (var (field, kind) in new[] { ("prog_id", "prog"), ("link_id", "link"), ("map_id", "map") })
                {
                    // A link's information names its program too; the program has a descriptor of its own.
                    if (Field(path, field) is { } id) objects.Add($"{kind} {id}");
                }
            }

            return objects;
        }

        public static long? Field(int fd, string name) => Field($"/proc/self/fdinfo/{fd}", name);

        private static long? Field(string path, string name)
        {
            try
            {
                string? line = File.ReadLines(path).FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal));
                return line is null ? null : long.Parse(line.AsSpan(name.Length + 1).Trim(), CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                return null; // closed meanwhile
            }
        }
    }
}
