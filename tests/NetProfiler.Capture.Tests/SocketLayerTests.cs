using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Tests.Support;
using Xunit.Abstractions;

namespace NetProfiler.Capture.Tests;

/// <summary>Calls whose registers do not say what they move: those of io_uring, and of 32-bit programs.</summary>
[Collection("live")]
public sealed class SocketLayerTests(OddCalls program, ITestOutputHelper output)
{
    private const int Unsupported = 77;

    private static readonly (string Scenario, string[] Exchanges)[] Rings =
    [
        ("plain", ["GET /a 200", "GET /b 201"]),
        ("plain_sqpoll", ["GET /a 200", "GET /b 201"]),
        ("plain_deferred", ["GET /a 200", "GET /b 201"]),
        ("waits", ["POST /a 200"]),
        ("peeks", ["POST /a 200"]),
        ("vectors", ["POST /a 200", "GET /b 201"]),
        ("multishot", ["POST /a 200", "GET /b 201", "GET /b 201"]),
        ("zero_copy", ["POST /a 200", "GET /b 201"]),
        ("linked", ["GET /a 200", "GET /b 201"]),
        ("linked_sqpoll", ["GET /a 200", "GET /b 201"]),
        ("workers", ["POST /a 200", "GET /b 201"]),
        ("within_other_calls", [.. Enumerable.Repeat("GET /a 200", 200)]),
        ("large", ["GET /a 200", "GET /b 201"]),
    ];

    [SkippableFact]
    public void What_io_uring_moves_is_exact()
    {
        using var capture = Start(CaptureDoor.Iterator, "io_uring_calls.c");
        foreach (var (scenario, exchanges) in Rings) AssertExact(capture, exchanges, scenario, "tcp");
    }

    [SkippableFact]
    public void What_a_32_bit_program_moves_is_exact()
    {
        using var capture = Start(CaptureDoor.Iterator, "compat_calls.c", "-m32", "-nostdlib", "-static", "-ffreestanding",
            "-fno-stack-protector", "-fno-builtin");
        AssertExact(capture, ["GET /a 200", "GET /b 201"], "tcp");
    }

    [SkippableTheory]
    [InlineData("tcp")]
    [InlineData("unix")]
    public void By_the_registers_alone_what_io_uring_moves_is_counted(string family)
    {
        using var capture = Start(CaptureDoor.Registers, "io_uring_calls.c");
        using var view = new LiveCapture(capture.Session);
        Run(capture.Path, "plain", family);
        view.Settle();
        Assert.Empty(view.Exchanges);
        Assert.Equal(8, view.Counted(Counter.LostIoUring)); // two requests and two answers, sent and received
    }

    [SkippableFact]
    public void By_the_registers_alone_what_a_32_bit_program_moves_is_counted()
    {
        using var capture = Start(CaptureDoor.Registers, "compat_calls.c", "-m32", "-nostdlib", "-static", "-ffreestanding",
            "-fno-stack-protector", "-fno-builtin");
        using var view = new LiveCapture(capture.Session);
        Run(capture.Path, "tcp");
        view.Settle();
        Assert.Empty(view.Exchanges);
        Assert.Equal(8, view.Counted(Counter.LostCompat));
    }

    private void AssertExact(Captured capture, string[] exchanges, params string[] arguments)
    {
        using var view = new LiveCapture(capture.Session);
        if (!Run(capture.Path, arguments)) return;
        view.Settle();
        string seen = $"{string.Join(' ', arguments)}: "
            + $"{string.Join(", ", view.Exchanges.Select(exchange => $"{exchange.Role} {exchange.Content}").Take(8))}; lost: "
            + $"{string.Join(", ", view.Lost)}";
        output.WriteLine(seen);
        Assert.True(exchanges.SequenceEqual(view.Of(EndpointRole.Server)) && exchanges.SequenceEqual(view.Of(EndpointRole.Client)), seen);
        Assert.True(!view.Lost.Any(), seen);
        Assert.All(view.Exchanges, exchange =>
            Assert.True(exchange.Duration > 0 && exchange.FirstByte > 0 && exchange.FirstByte <= exchange.Duration, seen));
        Assert.Equal(0, view.Pipeline.Connections);
    }

    // False: this kernel cannot.
    private bool Run(string path, params string[] arguments)
    {
        int code = Tool.Try(path, arguments).ExitCode;
        if (code == Unsupported) output.WriteLine($"{string.Join(' ', arguments)}: not supported by this kernel");
        else Assert.Equal(0, code);
        return code == 0;
    }

    private Captured Start(CaptureDoor door, string source, params string[] options)
    {
        program.SkipUnlessReady(door);
        string path = program.TryBuild(source, options) ?? throw new SkipException($"{source} cannot be built here");
        if (source.StartsWith("compat", StringComparison.Ordinal)) Skip.IfNot(Runs(path), "the kernel runs no 32-bit programs");
        return new Captured(path, CaptureSession.Start(new CaptureTargets { Names = [Path.GetFileName(path)] },
            new CaptureOptions { Door = door }));
    }

    private static bool Runs(string path)
    {
        try
        {
            return Tool.Try(path).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // no CONFIG_IA32_EMULATION, or another machine
        }
    }

    private sealed record Captured(string Path, CaptureSession Session) : IDisposable
    {
        public void Dispose() => Session.Dispose();
    }
}
