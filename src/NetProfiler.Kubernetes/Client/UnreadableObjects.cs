using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace NetProfiler.Kubernetes.Client;

/// <summary>
/// Objects that this version cannot parse, such as one with a value from a later version. They are left out, counted, and each is logged
/// once, with its name, so that such an object does not end a list or a watch of all the others.
/// </summary>
internal sealed partial class UnreadableObjects(ApiMetrics metrics, ILogger logger)
{
    private const int MaxRemembered = 1000;

    private readonly Lock _lock = new();
    private readonly HashSet<(string Kind, ObjectKey Key, string Reason)> _seen = [];

    public void Skip(string kind, ObjectKey key, string reason)
    {
        metrics.Skipped(kind);
        lock (_lock)
        {
            if (_seen.Count == MaxRemembered) _seen.Clear();
            if (!_seen.Add((kind, key, reason))) return;
        }
        Log.Skipped(logger, kind, key, reason);
    }

    /// <summary>The key and version of the object, as far as its metadata can be parsed.</summary>
    public static (ObjectKey Key, string ResourceVersion) Identify(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("metadata", out var metadata)
            || metadata.ValueKind != JsonValueKind.Object) return default;
        return (new ObjectKey(Text("namespace"), Text("name") ?? ""), Text("resourceVersion") ?? "");

        string? Text(string name) =>
            metadata.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Skipping {Kind} {Key}, which this version cannot read: {Reason}")]
        public static partial void Skipped(ILogger logger, string kind, ObjectKey key, string reason);
    }
}
