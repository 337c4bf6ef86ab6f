using System.Text.Json.Nodes;
using NetProfiler.Analysis.Metrics;

namespace NetProfiler.Cluster.Tests.Support;

/// <summary>What agents say that they saw: made up, and the same every time.</summary>
internal static class Reports
{
    public static JsonObject Of(long requests, long sampled = 0, long clientErrors = 0, long serverErrors = 0)
    {
        var latencies = new LatencySketch();
        for (var milliseconds = 1; milliseconds <= 100; milliseconds++) latencies.Add(milliseconds * 1_000_000L);

        return new()
        {
            ["counts"] = new JsonObject
            {
                ["requests"] = requests,
                ["responses2xx"] = requests - clientErrors - serverErrors,
                ["responses3xx"] = 0,
                ["responses4xx"] = clientErrors,
                ["responses5xx"] = serverErrors,
                ["unparsed"] = 0,
                ["sampled"] = sampled,
                ["droppedEvents"] = 0,
                ["droppedSamples"] = 0,
                ["requestBytes"] = requests * 120,
                ["responseBytes"] = requests * 853,
            },
            ["durationSketch"] = Convert.ToBase64String(latencies.Encode()),
            ["resultsTime"] = "2026-01-01T00:00:00Z",
        };
    }

    /// <summary>A report with its slowest request.</summary>
    public static JsonObject WithSlow(this JsonObject report, string sample, string pod, long durationMicroseconds)
    {
        report["topTraces"] = new JsonObject
        {
            ["slow"] = new JsonArray(new JsonObject
            {
                ["sampleID"] = sample,
                ["traceID"] = "0af7651916cd43dd8448eb211c80319c",
                ["spanID"] = "b7ad6b7169203331",
                ["traceSystem"] = "w3c",
                ["rule"] = "checkout",
                ["role"] = "Server",
                ["method"] = "POST",
                ["uri"] = "/checkout",
                ["status"] = 200,
                ["durationMicroseconds"] = durationMicroseconds,
                ["time"] = "2026-01-01T00:00:00Z",
                ["podName"] = pod,
                ["containerName"] = "app",
                ["peer"] = "Deployment/frontend",
            }),
            ["clientErrors"] = new JsonArray(),
            ["serverErrors"] = new JsonArray(),
        };
        report["peers"] = new JsonArray(new JsonObject
        {
            ["role"] = "Server",
            ["local"] = new JsonObject { ["kind"] = "Workload", ["namespace"] = "shop", ["name"] = "Deployment/cart" },
            ["remote"] = new JsonObject { ["kind"] = "Workload", ["namespace"] = "shop", ["name"] = "Deployment/frontend" },
            ["requests"] = report["counts"]!["requests"]!.DeepClone(),
            ["errors"] = 1,
            ["requestBytes"] = 1000,
            ["responseBytes"] = 2000,
            ["retransmissions"] = 0,
        });
        return report;
    }
}
