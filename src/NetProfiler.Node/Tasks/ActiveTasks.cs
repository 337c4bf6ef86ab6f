using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Sampling;

namespace NetProfiler.Node.Tasks;

/// <summary>The tasks at work, in their order. Ring-buffer thread only.</summary>
internal sealed class ActiveTasks
{
    // Names of rules whose samples are remembered when their task ended; those of more are counted under one name.
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
    /// These, and no others, from now on. A plan that is at work already, itself and not one that looks the same, goes on with what it
    /// found: to change one task costs the others nothing.
    /// </summary>
    public void Set(IReadOnlyList<ProfilingPlan> plans)
    {
        var before = _tasks;
        _tasks = [.. plans.Select(plan => Array.Find(before, task => ReferenceEquals(task.Plan, plan)) ?? new ActiveTask(plan))];
        foreach (var ended in before.Except(_tasks)) Remember(ended);
        ShareSearches();
    }

    // What one task's patterns cost is not taken from another one's.
    private void ShareSearches()
    {
        var searching = _tasks.Select(task => task.Plan.Rules).Where(rules => rules.HasPatterns).ToList();
        foreach (var rules in searching) rules.SetStepsPerSecond(RuleSet.MaxStepsPerSecond / searching.Count);
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
    public HoldingPolicy? Holding =>
        _tasks.Where(task => task.Plan.Containers is not { Count: 0 }).ToList() is { Count: > 0 } capturing
            ? HoldingPolicy.For(capturing.SelectMany(task => task.Plan.Rules.Rules).Select(rule => rule.Content))
            : null;

    /// <summary>Sampled, by rule and reason: tasks may name rules alike.</summary>
    public IEnumerable<((string Rule, SampledAs Reason) Key, long Count)> Samples =>
        _tasks.SelectMany(task => task.Samples).Concat(_endedSamples)
            .GroupBy(sample => sample.Key, (key, all) => (key, all.Sum(one => one.Value)));

    /// <summary>Samples that a task's limits kept back, by reason.</summary>
    public IEnumerable<(string Reason, long Count)> Dropped =>
    [
        ("rate_limit", Limited(SampleLimit.RateLimit)),
        ("rate_bytes", Limited(SampleLimit.RateBytes)),
    ];

    /// <summary>Exchanges for which the patterns of a task were not searched, because its budget was used up.</summary>
    public long Undecided => _endedUndecided + _tasks.Sum(task => task.Plan.Rules.Undecided);

    /// <summary>Names of rules whose pattern costs too much.</summary>
    public IEnumerable<string> SwitchedOff => _tasks.SelectMany(task => task.Plan.Rules.SwitchedOff);

    private long Limited(SampleLimit limit) => _endedLimited[(int)limit] + _tasks.Sum(task => task.Limited(limit));

    // What ended counts too.
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
