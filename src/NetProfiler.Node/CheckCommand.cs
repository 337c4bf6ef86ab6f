using System.CommandLine;
using System.Globalization;
using NetProfiler.Capture;
using NetProfiler.Capture.Tls;
using NetProfiler.Node.Output;
using NetProfiler.Node.Report;
using Spectre.Console;

namespace NetProfiler.Node;

/// <summary>
/// <c>netprofiler check</c>: checks whether this machine can be profiled. Prints each check, its finding, and the remedy.
/// </summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var command = new Command("check", "Can this machine be profiled? Kernel, BTF, capabilities, hooks.");
        var door = DoorFlag.Create();
        command.Options.Add(door);
        command.SetAction(parsed => Run(Terminal.Create(), DoorFlag.Read(parsed.GetValue(door))));
        return command;
    }

    private static int Run(IAnsiConsole console, CaptureDoor? door)
    {
        var conditions = Preflight.Inspect().ToList();
        if (!conditions.Any(IsMissing)) conditions.AddRange(Preflight.Abilities());
        if (!conditions.Any(IsMissing)) conditions.AddRange(LoadAndAttach(door));

        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "", "");
        foreach (var condition in conditions)
            table.AddRow(condition.IsMet ? "[green]ok[/]" : IsMissing(condition) ? "[red]no[/]" : "[yellow]no[/]", condition.Name,
                Markup.Escape(condition.Detail));
        console.Write(table);

        foreach (var condition in conditions.Where(condition => !condition.IsMet))
            console.WriteLine($"{condition.Name}: {condition.Remedy}");
        bool canProfile = !conditions.Any(IsMissing);
        console.WriteLine(canProfile ? "This machine can be profiled." : "This machine cannot be profiled.");
        return canProfile ? ExitCode.Done : ExitCode.CannotProfile;
    }

    private static bool IsMissing(Condition condition) => condition is { IsMet: false, IsRequired: true };

    // The kernel's decision: loads and attaches everything, without a target, and detaches.
    private static IEnumerable<Condition> LoadAndAttach(CaptureDoor? door)
    {
        try
        {
            long start = MonotonicClock.Nanoseconds;
            using var session = CaptureSession.Start(new CaptureTargets(),
                new CaptureOptions { RingBytes = 64 * 1024, CountVerified = true, Door = door, ReadsTls = TlsSupport.Refusal is null });
            var programs = new Condition("programs", true,
                $"{session.Programs} loaded and attached in {(MonotonicClock.Nanoseconds - start) / 1_000_000} ms");
            return [programs, Door(session), .. session.Verified.Where(IsNotable).Select(Cost)];
        }
        catch (CaptureUnavailableException failure)
        {
            return [new("programs", false, failure.Message + (failure.VerifierLog is null ? "" : "\n" + failure.VerifierLog),
                failure.Remedy)];
        }
    }

    private static Condition Door(CaptureSession session) => session.DoorRefusal is { } refusal
        ? new("calls", false, $"seen at {session.CallsBy}: {refusal}", "io_uring and 32-bit programs may not be read: see docs/kernels.md",
            IsRequired: false)
        : new("calls", true, $"seen at {session.CallsBy}");

    // Other programs are far below the limit.
    private static bool IsNotable(VerifiedProgram program) => program.Instructions >= VerifiedProgram.MaxInstructions / 100;

    private static Condition Cost(VerifiedProgram program) =>
        new("verifier", true, string.Create(CultureInfo.InvariantCulture,
            $"{program.Name}: {program.Instructions} of {VerifiedProgram.MaxInstructions} instructions"));
}
