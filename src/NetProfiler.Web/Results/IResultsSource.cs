using NetProfiler.Analysis.Metrics;
using NetProfiler.Web.Requests;

namespace NetProfiler.Web.Results;

/// <summary>Where the page's data comes from: a run, a replay, or a file of results. Any thread may ask.</summary>
public interface IResultsSource
{
    SourceInfo Info { get; }

    /// <summary>The tasks, of which a run on one machine has one.</summary>
    IReadOnlyList<ITaskResults> Tasks { get; }
}

/// <summary>What one task found.</summary>
public interface ITaskResults
{
    string Namespace { get; }

    string Name { get; }

    /// <summary>The latest exchanges, with the content of those that were sampled.</summary>
    RequestTable Requests { get; }

    ValueTask<TaskState> StateAsync(CancellationToken cancellation);

    /// <summary>Who called whom, the busiest first, at most <paramref name="most"/>.</summary>
    ValueTask<IReadOnlyList<Call>> CallsAsync(int most, CancellationToken cancellation);

    /// <summary>What TCP connections did, by peer pair.</summary>
    ValueTask<IReadOnlyList<TcpPair>> TcpAsync(CancellationToken cancellation);
}
