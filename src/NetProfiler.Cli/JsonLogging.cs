using Microsoft.Extensions.Logging;

namespace NetProfiler.Cli;

/// <summary>The log of both processes: one JSON object a line, times in UTC. The host's own messages are shown from Warning on.</summary>
public static class JsonLogging
{
    public static void Configure(ILoggingBuilder logging, LogLevel level) => logging
        .SetMinimumLevel(level)
        .AddFilter("Microsoft", LogLevel.Warning)
        .AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
}
