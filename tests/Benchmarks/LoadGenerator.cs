using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace NetProfiler.Benchmarks;

/// <summary>wrk on core 1, for a bounded time.</summary>
/// <param name="DelayMilliseconds">What each connection waits between requests; 0: closed loop.</param>
internal sealed partial record LoadGenerator(Nginx Nginx, int Connections, int DelayMilliseconds, int Seconds)
{
    public const int Core = 1;

    /// <summary>Requests a second.</summary>
    public async Task<double> RunAsync()
    {
        string script = Path.GetTempFileName();
        await File.WriteAllTextAsync(script, $"function delay() return {DelayMilliseconds} end\n");
        List<string> arguments = ["-c",
            $"ulimit -n $(ulimit -Hn); exec taskset -c {Core} wrk -t1 -c{Connections} -d{Seconds}s "
                + $"{(DelayMilliseconds > 0 ? $"-s {script}" : "")} {Nginx.Address}"];
        using var wrk = Process.Start(new ProcessStartInfo("sh", arguments) { RedirectStandardOutput = true })!;
        string output = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        File.Delete(script);
        var rate = Regex.Match(output, @"Requests/sec:\s+([0-9.]+)");
        return rate.Success ? double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"wrk said: {output}");
    }

    /// <summary>
    /// CPU time of every generator that ended so far: children of this process, of which the agent is the only other, and is ended later.
    /// </summary>
    public static double CpuSeconds
    {
        get
        {
            Span<long> usage = stackalloc long[18]; // struct rusage: user and system time first, each seconds and microseconds
            return getrusage(-1, ref MemoryMarshal.GetReference(usage)) == 0
                ? usage[0] + usage[2] + ((usage[1] + usage[3]) / 1e6)
                : throw new InvalidOperationException("getrusage failed");
        }
    }

    /// <summary>Time of the generator's core, idle and in all.</summary>
    public static (long Idle, long All) CoreTicks
    {
        get
        {
            long[] fields = [.. File.ReadLines("/proc/stat").First(line => line.StartsWith($"cpu{Core} ", StringComparison.Ordinal))
                .Split(' ').Skip(1).Select(long.Parse)];
            return (fields[3] + fields[4], fields.Sum());
        }
    }

    [LibraryImport("libc")]
    private static partial int getrusage(int who, ref long usage);
}
