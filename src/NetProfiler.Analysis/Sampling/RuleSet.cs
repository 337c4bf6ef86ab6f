using System.Text;

namespace NetProfiler.Analysis.Sampling;

/// <summary>The rules of a task, in their order: the first whose pattern matches decides, else the default. Ring-buffer thread only.</summary>
public sealed class RuleSet
{
    /// <summary>Longest path that patterns are searched in; more of it is not looked at.</summary>
    public const int MaxPathBytes = 4096;

    private readonly SamplingRule[] _patterns;
    private readonly SamplingRule? _default;
    private readonly PathVerdicts? _verdicts;

    public RuleSet(IEnumerable<SamplingRule> rules)
    {
        Rules = rules.ToArray();
        _patterns = Rules.Where(rule => rule.Pattern is not null).ToArray();
        _default = Rules.FirstOrDefault(rule => rule.Pattern is null);
        _verdicts = _patterns.Length > 0 ? new PathVerdicts() : null;
    }

    public IReadOnlyList<SamplingRule> Rules { get; }

    /// <summary>The rule that decides about a target; null when none matches.</summary>
    public SamplingRule? Find(ReadOnlySpan<byte> target)
    {
        if (_verdicts is null) return _default;

        var path = PathOf(target);
        if (_verdicts.TryFind(path, out var known)) return known;
        var rule = Search(path);
        _verdicts.Remember(path, rule);
        return rule;
    }

    /// <summary>The path of a request target: of origin-form and absolute-form without query (RFC 9112, section 3.2).</summary>
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
            if (rule.Pattern!.IsMatch(text[..length])) return rule;
        }

        return _default;
    }
}
