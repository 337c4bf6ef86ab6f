using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Sampling;

namespace NetProfiler.Node.Tasks;

/// <summary>The active tasks, in order. Ring-buffer thread only.</summary>
internal sealed class ActiveTasks
{
    // Maximum number of rules whose samples are counted by name after their task has ended; those of further rules are counted under one
    // name.
    private const int MaxEndedRules = 1024;

    private readonly Dictionary<(string Rule, SampledAs Reason), long> _endedSamples = [];
    private readonly long[] _endedLimited = new long[Enum.GetValues<SampleLimit>().Length];
    private long _endedUndecided;
    private ActiveTask[] _tasks;

    public ActiveTasks(IEnumerable<ProfilingPlan> plans)
    {
        _tasks = [.. plans.Select(plan => new ActiveTask(plan))];
        ShareSearches();
    }

    public ReadOnlySpan<ActiveTask> All => _tasks;

    /// <summary>
    /// Sets the active tasks. A plan that is already active, compared by object identity, keeps its results, so that changing one task does
    /// not affect the others.
    /// </summary>
    public void Set(IReadOnlyList<ProfilingPlan> plans)
    {
        var before = _tasks;
        _tasks = [.. plans.Select(plan => Array.Find(before, task => ReferenceEquals(task.Plan, plan)) ?? new ActiveTask(plan))];
        foreach (var ended in before.Except(_tasks)) Remember(ended);
        ShareSearches();
    }

    // Divides the budget, so that one task's patterns do not consume another's share.
    private void ShareSearches()
    {
        var searching = _tasks.Select(task => task.Plan.Rules).Where(rules => rules.HasPatterns).ToList();
        foreach (var rules in searching) rules.SetStepsPerSecond(RuleSet.MaxStepsPerSecond / searching.Count);
    }

    /// <summary>Removes the tasks whose time is over; returns whether there were any.</summary>
    public bool End(TimeSpan elapsed)
    {
        var left = Array.FindAll(_tasks, task => task.Plan.Deadline is not { } deadline || elapsed < deadline);
        if (left.Length == _tasks.Length) return false;
        Set(Array.ConvertAll(left, task => task.Plan));
        return true;
    }

    /// <summary>What must be held of exchanges in progress. Null if nothing.</summary>
    public HoldingPolicy? Holding =>
        _tasks.Where(task => task.Plan.Containers is not { Count: 0 }).ToList() is { Count: > 0 } capturing
            ? HoldingPolicy.For(capturing.SelectMany(task => task.Plan.Rules.Rules).Select(rule => rule.Content))
            : null;

    /// <summary>Number of sampled exchanges, by rule and reason. Rules of different tasks may have the same name.</summary>
    public IEnumerable<((string Rule, SampledAs Reason) Key, long Count)> Samples =>
        _tasks.SelectMany(task => task.Samples).Concat(_endedSamples)
            .GroupBy(sample => sample.Key, (key, all) => (key, all.Sum(one => one.Value)));

    /// <summary>Number of samples that a task's limits suppressed, by reason.</summary>
    public IEnumerable<(string Reason, long Count)> Dropped =>
    [
        ("rate_limit", Limited(SampleLimit.RateLimit)),
        ("rate_bytes", Limited(SampleLimit.RateBytes)),
    ];

    /// <summary>Number of exchanges for which a task's patterns were not searched because its budget was exhausted.</summary>
    public long Undecided => _endedUndecided + _tasks.Sum(task => task.Plan.Rules.Undecided);

    /// <summary>Names of rules that are disabled because their pattern costs too much.</summary>
    public IEnumerable<string> SwitchedOff => _tasks.SelectMany(task => task.Plan.Rules.SwitchedOff);

    private long Limited(SampleLimit limit) => _endedLimited[(int)limit] + _tasks.Sum(task => task.Limited(limit));

    // The counts include those of tasks that have ended.
    private void Remember(ActiveTask ended)
    {
        foreach (var (key, count) in ended.Samples)
        {
            var kept = _endedSamples.Count < MaxEndedRules || _endedSamples.ContainsKey(key) ? key : ("other", key.Reason);
            _endedSamples[kept] = _endedSamples.GetValueOrDefault(kept) + count;
        }

        _endedUndecided += ended.Plan.Rules.Undecided;
        foreach (var limit in Enum.GetValues<SampleLimit>()) _endedLimited[(int)limit] += ended.Limited(limit);
    }
}
