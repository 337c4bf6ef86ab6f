using System.CommandLine;
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
        if (conditions.All(condition => condition.IsMet)) conditions.Add(LoadAndAttach());

        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "", "");
        foreach (var condition in conditions)
            table.AddRow(condition.IsMet ? "[green]ok[/]" : "[red]no[/]", condition.Name, Markup.Escape(condition.Detail));
        console.Write(table);

        var failed = conditions.Where(condition => !condition.IsMet).ToList();
        foreach (var condition in failed) console.WriteLine($"{condition.Name}: {condition.Mend}");
        console.WriteLine(failed.Count == 0 ? "This machine can be profiled." : "This machine cannot be profiled.");
        return failed.Count == 0 ? ExitCode.Done : ExitCode.CannotProfile;
    }

    // The kernel's own word: everything is loaded and attached, for no target, and let go.
    private static Condition LoadAndAttach()
    {
        try
        {
            long start = MonotonicClock.Nanoseconds;
            using var session = CaptureSession.Start(new CaptureTargets(), new CaptureOptions { RingBytes = 64 * 1024 });
            return new("programs", true, $"{session.Programs} loaded and attached in {(MonotonicClock.Nanoseconds - start) / 1_000_000} ms");
        }
        catch (CaptureUnavailableException failure)
        {
            return new("programs", false, failure.Message + (failure.VerifierLog is null ? "" : "\n" + failure.VerifierLog), failure.Mend);
        }
    }
}
