using Microsoft.Extensions.Logging;

namespace NetProfiler.Cli;

/// <summary>The log of both processes: one JSON object per line, times in UTC. Messages of the host are logged from Warning on.</summary>
public static class JsonLogging
{
    public static void Configure(ILoggingBuilder logging, LogLevel level) => logging
        .SetMinimumLevel(level)
        .AddFilter("Microsoft", LogLevel.Warning)
        .AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
}
