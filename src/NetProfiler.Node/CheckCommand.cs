using System.CommandLine;
using System.Globalization;
using NetProfiler.Capture;
using NetProfiler.Node.Output;
using Spectre.Console;

namespace NetProfiler.Node;

/// <summary><c>netprofiler check</c>: can this machine be profiled? Says what was looked at, what was found, and the mend.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var command = new Command("check", "Can this machine be profiled? Kernel, BTF, capabilities, hooks.");
        command.SetAction(_ => Run(Terminal.Create()));
        return command;
    }

    private static int Run(IAnsiConsole console)
    {
        var conditions = Preflight.Inspect().ToList();
        if (!conditions.Any(IsMissing)) conditions.AddRange(Preflight.Abilities());
        if (!conditions.Any(IsMissing)) conditions.AddRange(LoadAndAttach());

        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "", "");
        foreach (var condition in conditions)
            table.AddRow(condition.IsMet ? "[green]ok[/]" : IsMissing(condition) ? "[red]no[/]" : "[yellow]no[/]", condition.Name, Markup.Escape(condition.Detail));
        console.Write(table);

        foreach (var condition in conditions.Where(condition => !condition.IsMet)) console.WriteLine($"{condition.Name}: {condition.Mend}");
        bool canProfile = !conditions.Any(IsMissing);
        console.WriteLine(canProfile ? "This machine can be profiled." : "This machine cannot be profiled.");
        return canProfile ? ExitCode.Done : ExitCode.CannotProfile;
    }

    private static bool IsMissing(Condition condition) => condition is { IsMet: false, IsRequired: true };

    // The kernel's own word: everything is loaded and attached, for no target, and let go.
    private static IEnumerable<Condition> LoadAndAttach()
    {
        try
        {
            long start = MonotonicClock.Nanoseconds;
            using var session = CaptureSession.Start(new CaptureTargets(), new CaptureOptions { RingBytes = 64 * 1024, CountVerified = true });
            var programs = new Condition("programs", true, $"{session.Programs} loaded and attached in {(MonotonicClock.Nanoseconds - start) / 1_000_000} ms; system calls by {session.SystemCallsBy}");
            return [programs, .. session.Verified.Where(IsNotable).Select(Cost)];
        }
        catch (CaptureUnavailableException failure)
        {
            return [new("programs", false, failure.Message + (failure.VerifierLog is null ? "" : "\n" + failure.VerifierLog), failure.Mend)];
        }
    }

    // The others are far from the limit.
    private static bool IsNotable(VerifiedProgram program) => program.Instructions >= VerifiedProgram.MaxInstructions / 100;

    private static Condition Cost(VerifiedProgram program) =>
        new("verifier", true, string.Create(CultureInfo.InvariantCulture, $"{program.Name}: {program.Instructions} of {VerifiedProgram.MaxInstructions} instructions"));
}
