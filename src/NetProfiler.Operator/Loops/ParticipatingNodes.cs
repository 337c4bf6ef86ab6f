using NetProfiler.Operator.Places;

namespace NetProfiler.Operator.Loops;

/// <summary>
/// The number of nodes with tasks, which determines how often each may report. Thread-safe; one entry per node with a task.
/// </summary>
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

    /// <summary>Returns the nodes whose report period has changed; usually none.</summary>
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
