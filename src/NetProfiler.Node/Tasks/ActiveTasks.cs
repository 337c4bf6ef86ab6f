using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Node.Run;

namespace NetProfiler.Node.Tasks;

/// <summary>The tasks at work, in their order. Ring-buffer thread only.</summary>
internal sealed class ActiveTasks
{
    // Kept for what they counted.
    private const int MaxEnded = 256;

    private readonly List<ActiveTask> _ended = [];
    private ActiveTask[] _tasks;

    public ActiveTasks(IEnumerable<ProfilingPlan> plans) => _tasks = [.. plans.Select(plan => new ActiveTask(plan))];

    public ReadOnlySpan<ActiveTask> All => _tasks;

    /// <summary>Those that ended count too.</summary>
    public IEnumerable<ActiveTask> Ever => _tasks.Concat(_ended);

    /// <summary>
    /// These, and no others, from now on. A plan that is at work already, itself and not one that looks the same, goes on with what it found:
    /// to change one task costs the others nothing.
    /// </summary>
    public void Set(IReadOnlyList<ProfilingPlan> plans)
    {
        var before = _tasks;
        _tasks = [.. plans.Select(plan => Array.Find(before, task => ReferenceEquals(task.Plan, plan)) ?? new ActiveTask(plan))];
        _ended.AddRange(before.Except(_tasks));
        if (_ended.Count > MaxEnded) _ended.RemoveRange(0, _ended.Count - MaxEnded);
    }

    /// <summary>Lets those go whose time is over; says whether there were any.</summary>
    public bool End(TimeSpan elapsed)
    {
        var left = Array.FindAll(_tasks, task => task.Plan.Deadline is not { } deadline || elapsed < deadline);
        if (left.Length == _tasks.Length) return false;
        Set(Array.ConvertAll(left, task => task.Plan));
        return true;
    }

    /// <summary>What must be held of exchanges under way; null: nothing.</summary>
    public HoldingPolicy? Holding => _tasks.Length == 0 ? null : HoldingPolicy.For(_tasks.SelectMany(task => task.Plan.Rules.Rules).Select(rule => rule.Content));

    /// <summary>Sampled, by rule and reason: tasks may name rules alike.</summary>
    public IEnumerable<((string Rule, SampledAs Reason) Key, long Count)> Samples =>
        Ever.SelectMany(task => task.Samples).GroupBy(sample => sample.Key, (key, all) => (key, all.Sum(one => one.Value)));

    /// <summary>Samples that a task's limits kept back, by reason.</summary>
    public IEnumerable<(string Reason, long Count)> Dropped =>
    [
        ("rate_limit", Ever.Sum(task => task.Limited(SampleLimit.RateLimit))),
        ("rate_bytes", Ever.Sum(task => task.Limited(SampleLimit.RateBytes))),
    ];
}
