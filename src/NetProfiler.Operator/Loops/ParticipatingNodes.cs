using NetProfiler.Operator.Places;

namespace NetProfiler.Operator.Loops;

/// <summary>How many nodes have tasks, and so how often each may report. Thread-safe; an entry for each node with a task.</summary>
internal sealed class ParticipatingNodes
{
    private readonly HashSet<string> _names = [];

    public int Count
    {
        get
        {
            lock (_names) return _names.Count;
        }
    }

    public int PeriodSeconds => NodeLimits.ReportingPeriodSeconds(Count);

    /// <summary>Those whose period is another one now; empty as a rule.</summary>
    public IReadOnlyCollection<string> Set(string node, bool participates)
    {
        lock (_names)
        {
            int before = NodeLimits.ReportingPeriodSeconds(_names.Count);
            if (!(participates ? _names.Add(node) : _names.Remove(node))) return [];
            return before == NodeLimits.ReportingPeriodSeconds(_names.Count) ? [] : [.. _names];
        }
    }
}
