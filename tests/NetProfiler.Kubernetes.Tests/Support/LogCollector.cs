using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace NetProfiler.Kubernetes.Tests.Support;

/// <summary>Warnings and worse.</summary>
internal sealed class LogCollector : ILoggerFactory, ILogger
{
    public ConcurrentQueue<string> Lines { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) Lines.Enqueue(formatter(state, exception));
    }

    public void Dispose()
    {
    }
}
