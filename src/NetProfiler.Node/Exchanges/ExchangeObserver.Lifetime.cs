using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Peers;
using NetProfiler.Node.Tasks;

namespace NetProfiler.Node.Exchanges;

/// <content>TLS connections of tasks, and series of containers that come and go.</content>
internal sealed partial class ExchangeObserver
{
    /// <summary>Name of the cluster's node, for samples. Null outside of a cluster.</summary>
    public string? NodeName { get; init; }

    /// <summary>Whether the labels of series name pods.</summary>
    public bool NamesPods { get; init; } = true;

    public void AcceptUnread(ConnectionIdentity connection, int count)
    {
        foreach (var task in Tasks.All)
        {
            if (task.Plan.IsAboutUnread(connection)) task.Tally.CountUnread(count);
        }
    }

    /// <summary>To a task that does not read TLS, the connection speaks another protocol.</summary>
    public void AcceptTls(ConnectionIdentity connection, bool mayBeRead)
    {
        foreach (var task in Tasks.All)
        {
            if (!(mayBeRead && task.Plan.ReadsTls) && task.Plan.IsAboutTls(connection)) task.Tally.CountUnread(1);
        }
    }

    public void AcceptTlsRead(ConnectionIdentity connection)
    {
        foreach (var task in Tasks.All)
        {
            if (task.Plan.ReadsTls && task.Plan.IsAboutTls(connection)) task.Tally.CountTlsRead();
        }
    }

    public void AcceptTlsUnread(ConnectionIdentity connection, TlsUnreadReason reason)
    {
        foreach (var task in Tasks.All)
        {
            if (task.Plan.ReadsTls && task.Plan.IsAboutTls(connection)) task.Tally.CountTlsUnread(reason);
        }
    }

    /// <summary>Of tasks that end for these containers, counts the TLS connections that are open and were not read.</summary>
    public void CountOpenTls(IReadOnlyList<(ActiveTask Task, IReadOnlySet<ContainerIdentity> Containers)> ending)
    {
        foreach (var (connection, reason) in _pipeline!.FindUnreadTls())
        {
            foreach (var (task, containers) in ending)
            {
                if (connection.Process.Container is { } container && containers.Contains(container) && task.Plan.IsAboutTls(connection))
                    task.Tally.CountTlsUnread(reason);
            }
        }
    }

    /// <summary>The TLS of these containers is not read any more.</summary>
    public void EndTls(IReadOnlySet<ContainerIdentity> containers) => _pipeline!.EndTls(containers);

    /// <summary>Tasks capture these containers, and no others: series of others are shown until they were scraped.</summary>
    public void KeepSeriesOf(IEnumerable<ContainerIdentity> containers, long nowNanoseconds) => Retention.Set(containers, nowNanoseconds);

    /// <summary>Series are shown now: those that are not to be shown any more are removed.</summary>
    public void OnScrape(long nowNanoseconds)
    {
        if (Retention.OnScrape(nowNanoseconds) is not { } isGone) return;
        Metrics.Remove(isGone);
        Phases.Remove(isGone);
        Unfinished.Remove(isGone);
        Active.Remove(isGone);
        Tcp.Remove(isGone);
    }

    private SeriesRetention Retention => field ??= new(NamesPods);
}
