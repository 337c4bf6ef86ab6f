using NetProfiler.Analysis.Metrics;
using NetProfiler.Api.Resources;

namespace NetProfiler.Operator.Tests.Support;

/// <summary>The agents of all nodes: do as their configuration says, count, and keep their counts in their status.</summary>
internal sealed class Agents(FakeCluster cluster, TimeProvider time)
{
    /// <summary>On each node that captures, for each task: requests, each slower than the one before.</summary>
    public void Work(int requests)
    {
        foreach (var config in cluster.All<NodeProfilingConfig>().ToList())
            cluster.Put(config with
            {
                Status = new()
                {
                    ObservedGeneration = config.Metadata.Generation ?? 0,
                    Tasks = [.. config.Spec.Tasks.Select(task => Answer(config, task, requests))],
                },
            });
    }

    private NodeTaskStatus Answer(NodeProfilingConfig config, NodeTask task, int requests)
    {
        var before = config.Status?.Tasks.FirstOrDefault(status => status.Uid == task.Uid) ?? new() { Uid = task.Uid };
        bool captures = task.Targets.Count > 0 && task.NotAfter > time.GetUtcNow();
        if (!captures) return before with { State = NodeTaskState.Finished, Generation = task.Generation };

        byte[] bytes = Convert.FromBase64String(before.DurationSketch ?? "");
        if (!LatencySketch.TryDecode(bytes, out var sketch)) sketch = new();
        for (int i = 1; i <= requests; i++) sketch.Add(i * 1_000_000L);
        return before with
        {
            State = NodeTaskState.Capturing,
            Generation = task.Generation,
            StartTime = before.StartTime ?? time.GetUtcNow(),
            Targets = new() { Requested = task.Targets.Count, Attached = task.Targets.Count },
            Counts = before.Counts with { Requests = before.Counts.Requests + requests,
                Responses2xx = before.Counts.Responses2xx + requests },
            DurationSketch = Convert.ToBase64String(sketch.Encode()),
            ResultsTime = time.GetUtcNow(),
        };
    }
}
