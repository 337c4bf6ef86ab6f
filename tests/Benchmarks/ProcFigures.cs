using System.Globalization;
using System.Text.RegularExpressions;

namespace NetProfiler.Benchmarks;

/// <summary>What /proc says about a process (proc(5)).</summary>
internal static class ProcFigures
{
    /// <summary>User and system time so far, in seconds.</summary>
    public static (double User, double System) Cpu(int process)
    {
        string stat = File.ReadAllText($"/proc/{process}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) / 100.0, long.Parse(fields[12], CultureInfo.InvariantCulture) / 100.0);
    }

    /// <param name="field">Of its status, such as <c>VmRSS</c>.</param>
    public static double Megabytes(int process, string field) =>
        double.Parse(Regex.Match(File.ReadAllText($"/proc/{process}/status"), field + @":\s+(\d+)").Groups[1].Value,
            CultureInfo.InvariantCulture) / 1024;
}
