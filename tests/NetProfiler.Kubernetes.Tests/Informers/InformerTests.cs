using Microsoft.Extensions.Logging.Abstractions;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Informers;
using NetProfiler.Kubernetes.Objects;
using NetProfiler.Kubernetes.Tests.Support;

namespace NetProfiler.Kubernetes.Tests.Informers;

public class InformerTests
{
    private readonly Informer<PodRecord> _informer;
    private readonly IReflected<PodRecord> _reflected;
    private readonly List<InformerEvent<PodRecord>> _told = [];

    public InformerTests()
    {
        var options = new InformerOptions<PodRecord>
        {
            Indexes = new Dictionary<string, Func<PodRecord, IEnumerable<string>>>
            {
                ["node"] = pod => pod.Spec.NodeName is { } node ? [node] : [],
                ["label"] = pod => pod.Metadata.Labels.Select(label => $"{label.Key}={label.Value}"),
            },
        };
        _reflected = _informer = new Informer<PodRecord>(new MemoryClient(), options, Prometheus.Metrics.NewCustomRegistry(),
            new ManualTime(), NullLoggerFactory.Instance);
        _informer.AddHandler(_told.Add);
    }

    [Fact]
    public void It_has_synced_once_every_handler_saw_the_first_list()
    {
        var wasSynced = true;
        _informer.AddHandler(_ => wasSynced = _informer.HasSynced);
        Assert.False(_informer.HasSynced);
        List("1", Pod("a", 1));
        Assert.False(wasSynced);
        Assert.True(_informer.HasSynced);
        Assert.True(Assert.Single(_told).IsInitial);
    }

    [Fact]
    public void Handlers_are_told_the_old_and_the_new_state()
    {
        List("1", Pod("a", 1, "node1"));
        Change(WatchEventType.Modified, Pod("a", 2, "node2"));
        Change(WatchEventType.Deleted, Pod("a", 3, "node2"));

        Assert.Equal([(null, "1"), ("1", "2"), ("3", null)],
            _told.Select(told => (told.Old?.Metadata.ResourceVersion, told.New?.Metadata.ResourceVersion)));
        Assert.False(_told[2].IsFinalStateUnknown);
        Assert.Null(_informer.Lister.Get("shop", "a"));
    }

    [Fact]
    public void What_a_list_does_not_have_any_more_is_told_as_deleted_with_its_last_known_state()
    {
        List("1", Pod("a", 1, "node1"), Pod("b", 1));
        List("9", Pod("b", 1));

        var gone = _told[^1];
        Assert.Equal("a", gone.Old!.Metadata.Name);
        Assert.Null(gone.New);
        Assert.True(gone.IsFinalStateUnknown);
        Assert.Empty(_informer.Lister.ByIndex("node", "node1"));
        Assert.Equal(3, _told.Count); // b did not change: nothing is told of it
    }

    [Fact]
    public void Another_object_under_the_same_name_is_an_end_and_a_beginning()
    {
        List("1", Pod("a", 1));
        List("9", Pod("a", 8) with { Metadata = Pod("a", 8).Metadata with { Uid = "another" } });

        Assert.Null(_told[1].New);
        Assert.True(_told[1].IsFinalStateUnknown);
        Assert.Null(_told[2].Old);
        Assert.Equal("another", _told[2].New!.Metadata.Uid);
    }

    [Fact]
    public void Objects_are_found_by_every_index_and_leave_it_when_they_change()
    {
        List("1", Pod("a", 1, "node1", "app=cart", "tier=front"), Pod("b", 1, "node1", "app=cart"));
        Assert.Equal(["a", "b"], Names(_informer.Lister.ByIndex("node", "node1")));
        Assert.Equal(["a"], Names(_informer.Lister.ByIndex("label", "tier=front")));

        Change(WatchEventType.Modified, Pod("a", 2, "node2", "app=shop"));
        Assert.Equal(["b"], Names(_informer.Lister.ByIndex("node", "node1")));
        Assert.Equal(["a"], Names(_informer.Lister.ByIndex("node", "node2")));
        Assert.Empty(_informer.Lister.ByIndex("label", "tier=front"));
        Assert.Throws<ArgumentException>(() => _informer.Lister.ByIndex("nothing", "x"));
    }

    [Fact]
    public void A_reader_keeps_the_moment_that_it_asked_for()
    {
        List("1", Pod("a", 1), Pod("b", 1));
        var moment = _informer.Lister.List();
        Change(WatchEventType.Deleted, Pod("a", 2));
        Assert.Equal(["a", "b"], Names(moment));
        Assert.Equal(["b"], Names(_informer.Lister.List()));
    }

    [Fact]
    public void A_handler_that_throws_keeps_neither_the_others_nor_the_cache_from_the_change()
    {
        var told = 0;
        _informer.AddHandler(_ => throw new InvalidOperationException("mine"));
        _informer.AddHandler(_ => told++);
        List("1", Pod("a", 1));
        Assert.Equal(1, told);
        Assert.NotNull(_informer.Lister.Get("shop", "a"));
        Assert.True(_informer.HasSynced);
    }

    [Fact]
    public void An_object_that_cannot_be_read_any_more_is_not_kept_in_its_old_state()
    {
        List("1", Pod("a", 1));
        _reflected.Apply(new WatchEvent<PodRecord>(WatchEventType.Skipped, null, "2", new ObjectKey("shop", "a")));
        Assert.Null(_informer.Lister.Get("shop", "a"));
    }

    internal static PodRecord Pod(string name, int version, string? node = null, params string[] labels) => new()
    {
        Metadata = new()
        {
            Name = name, NamespaceProperty = "shop", Uid = "uid-" + name, ResourceVersion = version.ToString(),
            Labels = labels.Select(label => label.Split('=')).ToDictionary(label => label[0], label => label[1]),
        },
        Spec = new() { NodeName = node },
    };

    private static IEnumerable<string> Names(IEnumerable<PodRecord> pods) => pods.Select(pod => pod.Metadata.Name).Order();

    private void List(string version, params PodRecord[] pods) => _reflected.Replace(new EntityList<PodRecord>(pods, version));

    private void Change(WatchEventType type, PodRecord pod) =>
        _reflected.Apply(new WatchEvent<PodRecord>(type, pod, pod.Metadata.ResourceVersion!, ObjectKey.Of(pod)));
}
