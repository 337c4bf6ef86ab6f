using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace NetProfiler.Benchmarks;

/// <summary>The profiler as users run it, on the load generator's core.</summary>
internal sealed class Agent : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _summary;
    private bool _isStopped;

    private Agent(Process process)
    {
        _process = process;
        _summary = process.StandardError.ReadToEndAsync();
    }

    public static Task<Agent> StartAsync(string path, params string[] targets) => StartAsync(path, printsLines: false, targets);

    /// <param name="printsLines">Of exchanges, into the void.</param>
    public static async Task<Agent> StartAsync(string path, bool printsLines, params string[] targets)
    {
        string[] output = printsLines ? ["--output", "json", "--print", "exchanges"] : ["--output", "none"];
        List<string> arguments =
            ["-c", $"exec taskset -c {LoadGenerator.Core} \"$0\" \"$@\" >/dev/null", path, "run", .. targets, .. output,
                "--metrics-listen", "none"];
        var process = Process.Start(new ProcessStartInfo("sh", arguments) { RedirectStandardError = true })!;
        string? line = await process.StandardError.ReadLineAsync();
        long capturing = Stopwatch.GetTimestamp();
        if (line != "netprofiler: capturing") throw new InvalidOperationException($"the agent said: {line}");
        await Task.Delay(300);
        return new Agent(process) { CapturingSince = capturing };
    }

    /// <summary>When it said so, in the ticks of <see cref="Stopwatch"/>.</summary>
    public long CapturingSince { get; private init; }

    /// <summary>CPU time of all its threads so far: finer than <see cref="CpuSeconds"/>, which has ticks of 10 ms.</summary>
    public long CpuNanoseconds => Directory.EnumerateDirectories($"/proc/{_process.Id}/task")
        .Sum(thread => long.Parse(File.ReadAllText($"{thread}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture));

    /// <summary>User and system time so far.</summary>
    public (double User, double System) CpuSeconds => ProcFigures.Cpu(_process.Id);

    /// <summary>VmRSS, and the part of it that is not files (maps shared with the kernel side count as files).</summary>
    public (double Total, double Anonymous) ResidentMegabytes =>
        (ProcFigures.Megabytes(_process.Id, "VmRSS"), ProcFigures.Megabytes(_process.Id, "RssAnon"));

    /// <summary>Ends it; what its summary counted: exchanges, and everything else.</summary>
    public async Task<(long Exchanges, string Losses)> StopAsync()
    {
        _isStopped = true;
        using (Process.Start("kill", ["-TERM", $"{_process.Id}"]))
        {
            await _process.WaitForExitAsync();
        }

        string summary = await _summary;
        long exchanges = long.Parse(Regex.Match(summary, @"netprofiler: (\d+) exchanges").Groups[1].Value, CultureInfo.InvariantCulture);
        var lines = summary.Split('\n').Select(line => line.Trim())
            .Where(line => line.Length > 0 && !line.Contains("exchanges", StringComparison.Ordinal));
        return (exchanges, string.Join("; ", lines));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isStopped) await StopAsync();
        _process.Dispose();
    }
}
