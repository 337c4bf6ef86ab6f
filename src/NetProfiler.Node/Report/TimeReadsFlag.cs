using System.CommandLine;

namespace NetProfiler.Node.Report;

/// <summary>The option of runs and agents that measures the time spent in reads.</summary>
internal static class TimeReadsFlag
{
    public static Option<bool> Create() => new("--time-reads")
    {
        Description = "Measure the time in reads, too (netprofiler_tcp_call_seconds_total{direction=\"read\"}). From Linux 6.16 on each "
            + "call of each process of the machine costs more with it.",
    };
}
