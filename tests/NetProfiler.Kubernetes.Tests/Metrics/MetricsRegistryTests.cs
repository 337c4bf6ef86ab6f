using NetProfiler.Kubernetes.Metrics;

namespace NetProfiler.Kubernetes.Tests.Metrics;

public class MetricsRegistryTests
{
    private readonly MetricsRegistry _registry = new();

    [Fact]
    public void The_same_name_is_the_same_metric() => Assert.Same(_registry.Counter("a", "help"), _registry.Counter("a", "other help"));

    [Fact]
    public void A_snapshot_has_all_series_and_does_not_change()
    {
        var counter = _registry.Counter("requests", "Requests.", null, "code", "method");
        counter.Increment("200", "GET");
        counter.Add(2, "500", "GET");
        var snapshot = Assert.Single(_registry.Snapshot());
        counter.Increment("200", "GET");

        Assert.Equal(("requests", MetricKind.Counter, "Requests."), (snapshot.Name, snapshot.Kind, snapshot.Help));
        Assert.Equal([1, 2], snapshot.Series.Select(series => series.Value));
        Assert.Equal([new("code", "200"), new("method", "GET")], snapshot.Series[0].Labels);
    }

    [Fact]
    public void A_bound_belongs_to_its_bucket()
    {
        var histogram = _registry.Histogram("time_seconds", "Time.", "seconds", [1, 10]);
        foreach (var value in new[] { 0.5, 1, 1.5, 10, 11 }) histogram.Observe(value);
        var read = Assert.Single(Assert.Single(_registry.Snapshot()).Series).Histogram!;
        Assert.Equal([2, 2, 1], read.Counts);
        Assert.Equal((5, 24), (read.Count, read.Sum));
    }

    [Fact]
    public void Too_many_series_fold_into_one()
    {
        var counter = _registry.Counter("a", "help", null, "id");
        for (var i = 0; i < Metric.MaxSeries + 50; i++) counter.Increment(i.ToString());
        Assert.Equal(50, counter.Value("overflow"));
        Assert.Equal(Metric.MaxSeries + 1, Assert.Single(_registry.Snapshot()).Series.Count);
    }

    [Fact]
    public void Labels_that_are_missing_are_a_mistake() =>
        Assert.Throws<ArgumentException>(() => _registry.Counter("a", "help", null, "id").Increment());
}
