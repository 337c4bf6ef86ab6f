using System.Diagnostics;

namespace NetProfiler.Capture.Tests.Support;

/// <summary>Runs a program to its end.</summary>
internal static class Tool
{
    public static string Run(string program, params string[] arguments)
    {
        var (exitCode, output, error) = Try(program, arguments);
        return exitCode == 0 ? output : throw new InvalidOperationException(
            $"{program} {string.Join(' ', arguments)}: exit code {exitCode}. {error}");
    }

    public static (int ExitCode, string Output, string Error) Try(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    public static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Find(program) ?? program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    public static bool IsThere(string program) => Find(program) is not null;

    // What an administrator has is not on everybody's path.
    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/sbin").Split(':')
        .Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);
}
