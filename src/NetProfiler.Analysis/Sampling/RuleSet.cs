using System.Text;

namespace NetProfiler.Analysis.Sampling;

/// <summary>
/// The rules of a task, in order: the first rule whose pattern matches decides, otherwise the default. Ring-buffer thread only, except
/// <see cref="SwitchedOff"/>.
/// </summary>
public sealed class RuleSet
{
    /// <summary>Maximum length of the part of a path that is searched.</summary>
    public const int MaxPathBytes = 4096;

    /// <summary>Maximum cost of one search, about a millisecond: a rule that exceeds it is disabled.</summary>
    public const long MaxStepsPerSearch = 250_000;

    /// <summary>Maximum cost of all searches per second over all tasks of the process, about a tenth of a processor.</summary>
    public const long MaxStepsPerSecond = 20_000_000;

    private readonly SamplingRule? _default;
    private readonly PathVerdicts? _verdicts;
    private SamplingRule[] _patterns;
    private SearchBudget _budget = new(MaxStepsPerSecond);
    private volatile string[] _switchedOff = [];

    public RuleSet(IEnumerable<SamplingRule> rules)
    {
        Rules = rules.ToArray();
        _patterns = Rules.Where(rule => rule.Pattern is not null).ToArray();
        _default = Rules.FirstOrDefault(rule => rule.Pattern is null);
        HasExclusions = Rules.Any(rule => !rule.IsCounted);
        _verdicts = _patterns.Length > 0 ? new PathVerdicts() : null;
    }

    public IReadOnlyList<SamplingRule> Rules { get; }

    /// <summary>
    /// Names of the rules that are disabled because their pattern costs too much; the other rules decide as if these did not exist. Any
    /// thread.
    /// </summary>
    public IReadOnlyList<string> SwitchedOff => _switchedOff;

    /// <summary>Number of targets whose patterns were not searched because the budget of the second was exhausted.</summary>
    public long Undecided { get; private set; }

    /// <summary>Whether any rule excludes exchanges from counts.</summary>
    public bool HasExclusions { get; }

    public bool HasPatterns => _verdicts is not null;

    /// <summary>Sets this task's share of <see cref="MaxStepsPerSecond"/>.</summary>
    public void SetStepsPerSecond(long steps) => _budget = _budget.With(steps);

    /// <summary>The rule that decides a target. Null if none matches, or if the budget is exhausted.</summary>
    /// <param name="nowNanoseconds">Time of the exchange. Times need not increase: an earlier time does not refill the budget.</param>
    public SamplingRule? Find(ReadOnlySpan<byte> target, long nowNanoseconds)
    {
        if (_verdicts is null) return _default;

        var path = PathOf(target);
        if (_verdicts.TryFind(path, out var known)) return known;

        _budget.Refill(nowNanoseconds);
        if (_budget.IsEmpty)
        {
            Undecided++;
            return null;
        }

        var rule = Search(path);
        _verdicts.Remember(path, rule);
        return rule;
    }

    /// <summary>The path of a request target in origin-form or absolute-form, without the query (RFC 9112, section 3.2).</summary>
    public static ReadOnlySpan<byte> PathOf(ReadOnlySpan<byte> target)
    {
        int query = target.IndexOfAny("?#"u8);
        if (query >= 0) target = target[..query];
        if (target.IsEmpty || target[0] == '/') return target;

        int scheme = target.IndexOf("://"u8);
        if (scheme < 0) return target;
        int path = target[(scheme + 3)..].IndexOf((byte)'/');
        return path < 0 ? "/"u8 : target[(scheme + 3 + path)..];
    }

    private SamplingRule? Search(ReadOnlySpan<byte> path)
    {
        Span<char> text = stackalloc char[MaxPathBytes];
        int length = Encoding.UTF8.GetChars(path[..int.Min(path.Length, MaxPathBytes)], text);
        foreach (var rule in _patterns)
        {
            long steps = 0;
            bool? isFound = rule.Pattern!.Find(text[..length], ref steps, MaxStepsPerSearch);
            _budget.Take(steps);
            if (isFound == true) return rule;
            if (isFound is null) SwitchOff(rule);
        }

        return _default;
    }

    private void SwitchOff(SamplingRule costly)
    {
        _patterns = [.. _patterns.Where(rule => rule != costly)];
        _switchedOff = [.. _switchedOff, costly.Name];
        _verdicts!.Clear();
    }
}
