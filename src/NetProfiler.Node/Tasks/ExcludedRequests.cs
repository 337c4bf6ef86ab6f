using NetProfiler.Analysis.Exchanges;

namespace NetProfiler.Node.Tasks;

/// <summary>Requests that rules with <c>count: false</c> exclude from everything else, by rule. Ring-buffer thread only.</summary>
internal sealed class ExcludedRequests
{
    // Tasks come and go: rules beyond this limit are counted under one name.
    private const int MaxRules = 1024;

    private readonly Dictionary<string, long> _byRule = [];

    /// <summary>Number of complete exchanges among the excluded requests.</summary>
    public long Exchanges { get; private set; }

    public IEnumerable<(string Rule, long Count)> ByRule => _byRule.Select(one => (one.Key, one.Value));

    public void Count(in Exchange exchange, string rule)
    {
        if (exchange.Outcome == ExchangeOutcome.Complete) Exchanges++;
        Add(rule, 1);
    }

    private void Add(string rule, long count)
    {
        if (_byRule.Count >= MaxRules && !_byRule.ContainsKey(rule)) rule = "other";
        _byRule[rule] = _byRule.GetValueOrDefault(rule) + count;
    }
}
