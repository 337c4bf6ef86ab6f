using System.Diagnostics;

namespace NetProfiler.Cluster.Tests.Support;

/// <summary>What a program said, once it ended.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Error)
{
    public string Succeeded => ExitCode == 0 ? Output : throw new InvalidOperationException($"exit code {ExitCode}\n{Output}{Error}");
}

internal static class Tool
{
    /// <summary>Longer than anything here takes on a loaded machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static bool Exists(string program) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    public static async Task<ToolResult> Run(
        string program, IEnumerable<string> arguments, string input = "", IReadOnlyDictionary<string, string>? environment = null)
    {
        using var process = Process.Start(StartInfo(program, arguments, environment))!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());

        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end");
        }

        return new(process.ExitCode, await output, await error);
    }

    public static ProcessStartInfo StartInfo(string program, IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) info.Environment[name] = value;
        return info;
    }
}
