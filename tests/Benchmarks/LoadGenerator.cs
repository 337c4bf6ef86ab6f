using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace NetProfiler.Benchmarks;

/// <summary>wrk on core 1, for a bounded time.</summary>
/// <param name="DelayMilliseconds">What each connection waits between requests; 0: closed loop.</param>
internal sealed record LoadGenerator(Nginx Nginx, int Connections, int DelayMilliseconds, int Seconds)
{
    public const int Core = 1;

    public async Task<double> RunAsync()
    {
        string script = Path.GetTempFileName();
        await File.WriteAllTextAsync(script, $"function delay() return {DelayMilliseconds} end\n");
        List<string> arguments = ["-c", $"ulimit -n $(ulimit -Hn); exec taskset -c {Core} wrk -t1 -c{Connections} -d{Seconds}s {(DelayMilliseconds > 0 ? $"-s {script}" : "")} {Nginx.Address}"];
        using var wrk = Process.Start(new ProcessStartInfo("sh", arguments) { RedirectStandardOutput = true })!;
        string output = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        File.Delete(script);
        var rate = Regex.Match(output, @"Requests/sec:\s+([0-9.]+)");
        return rate.Success ? double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture) : throw new InvalidOperationException($"wrk said: {output}");
    }
}
