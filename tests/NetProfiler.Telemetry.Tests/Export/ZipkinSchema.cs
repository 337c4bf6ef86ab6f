using System.Text.Json;

namespace NetProfiler.Telemetry.Tests.Export;

/// <summary>The rules of Zipkin's v2 schema (zipkin2-api.yaml) for what we send.</summary>
internal static class ZipkinSchema
{
    private static readonly string[] Fields =
        ["traceId", "name", "parentId", "id", "kind", "timestamp", "duration", "debug", "shared", "localEndpoint", "remoteEndpoint",
            "annotations", "tags"];

    public static void Check(JsonElement span)
    {
        foreach (var property in span.EnumerateObject()) Assert.Contains(property.Name, Fields);
        Assert.Matches("^([0-9a-f]{16}|[0-9a-f]{32})$", span.GetProperty("traceId").GetString());
        Assert.Matches("^[0-9a-f]{16}$", span.GetProperty("id").GetString());
        if (span.TryGetProperty("parentId", out var parent)) Assert.Matches("^[0-9a-f]{16}$", parent.GetString());
        Assert.Contains(span.GetProperty("kind").GetString(), new[] { "CLIENT", "SERVER", "PRODUCER", "CONSUMER" });

        long latest = 0;
        foreach (var annotation in span.GetProperty("annotations").EnumerateArray())
        {
            long timestamp = annotation.GetProperty("timestamp").GetInt64();
            Assert.InRange(timestamp, 1_000_000_000_000_000, 9_000_000_000_000_000); // microseconds of this century
            Assert.True(timestamp >= latest, "annotations are sorted");
            latest = timestamp;
            Assert.NotEmpty(annotation.GetProperty("value").GetString()!);
        }

        foreach (var tag in span.GetProperty("tags").EnumerateObject()) Assert.Equal(JsonValueKind.String, tag.Value.ValueKind);
        Assert.Equal(span.GetProperty("tags").EnumerateObject().Count(),
            span.GetProperty("tags").EnumerateObject().DistinctBy(tag => tag.Name).Count());
        if (!span.TryGetProperty("timestamp", out var start)) return;
        Assert.InRange(start.GetInt64(), 1_000_000_000_000_000, 9_000_000_000_000_000);
        Assert.True(span.GetProperty("duration").GetInt64() > 0);
    }
}
