using NetProfiler.Analysis.Metrics;
using NetProfiler.Web.Requests;

namespace NetProfiler.Web.Results;

/// <summary>The source of the page's data: a run, a replay, or a file of results. Any thread may call it.</summary>
public interface IResultsSource
{
    SourceInfo Info { get; }

    /// <summary>The tasks; a run on one machine has one.</summary>
    IReadOnlyList<ITaskResults> Tasks { get; }
}

/// <summary>The results of one task.</summary>
public interface ITaskResults
{
    string Namespace { get; }

    string Name { get; }

    /// <summary>The latest exchanges, with the content of those that were sampled.</summary>
    RequestTable Requests { get; }

    ValueTask<TaskState> StateAsync(CancellationToken cancellation);

    /// <summary>The edges of the topology, busiest first, at most <paramref name="most"/>.</summary>
    ValueTask<IReadOnlyList<Call>> CallsAsync(int most, CancellationToken cancellation);

    /// <summary>The TCP metrics by peer pair.</summary>
    ValueTask<IReadOnlyList<TcpPair>> TcpAsync(CancellationToken cancellation);
}
