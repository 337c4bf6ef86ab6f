using Microsoft.Extensions.Logging;

namespace NetProfiler.Kubernetes.Client;

/// <summary>Warnings from the server (RFC 7234, code 299), such as for a deprecated version. Each text is logged once.</summary>
internal sealed partial class ServerWarnings(ILogger logger)
{
    private const int MaxTexts = 256;

    private readonly Lock _lock = new();
    private readonly HashSet<string> _seen = [];

    public void Read(HttpResponseMessage response)
    {
        foreach (var warning in response.Headers.Warning)
        {
            if (warning.Code == 299 && IsNew(warning.Text)) Log.ServerWarns(logger, warning.Text);
        }
    }

    private bool IsNew(string text)
    {
        lock (_lock) return _seen.Count < MaxTexts && _seen.Add(text);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Warning from the API server: {Text}")]
        public static partial void ServerWarns(ILogger logger, string text);
    }
}
