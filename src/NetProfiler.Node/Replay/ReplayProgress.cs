using NetProfiler.Node.Settings;
using Spectre.Console;

namespace NetProfiler.Node.Replay;

/// <summary>The progress of a replay of a file with a known length, shown on a terminal that is not used for other output.</summary>
internal sealed class ReplayProgress(ReplayInput input, long? length, string name)
{
    private const int PeriodMilliseconds = 100;

    private double Percent => length is > 0 ? double.Min(100, 100.0 * input.BytesRead / length.Value) : 0;

    /// <summary>The progress for the live table. Null if the length is unknown.</summary>
    public Func<string>? InWords => length is null ? null : () => $"{Percent:F0} % of {name}";

    /// <summary>Shows a progress bar on standard error until the loop ends.</summary>
    public async Task ShowAsync(OutputMode output, Task ended)
    {
        bool isVisible = length is not null && !Console.IsErrorRedirected
            && (output == OutputMode.None || (output == OutputMode.Json && Console.IsOutputRedirected));
        if (!isVisible) return;

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        await console.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask(Markup.Escape(name));
                while (!ended.IsCompleted)
                {
                    bar.Value = Percent;
                    await Task.WhenAny(ended, Task.Delay(PeriodMilliseconds)).ConfigureAwait(false);
                }
            }).ConfigureAwait(false);
    }
}
