using System.Diagnostics;

namespace NetProfiler.Telemetry.Tests.Support;

/// <summary>Programs of other people, when this machine has them.</summary>
internal static class Tool
{
    public static bool IsMissing(string name) =>
        !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(directory => File.Exists(Path.Combine(directory, name)));

    public static Process Start(string name, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(name, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    public static async Task<(int ExitCode, string Output)> RunAsync(string input, string name, params string[] arguments)
    {
        using var process = Start(name, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }
}
