using System.Globalization;

namespace NetProfiler.Analysis.Sampling.Patterns;

/// <summary>
/// Parses the syntax of .NET's regular expressions, as far as <c>RegexOptions.NonBacktracking</c> supports it. .NET has accepted the text
/// before, and has reported any errors in it.
/// </summary>
internal sealed class PatternParser(string text)
{
    // Each character class is a regular expression of a few kilobytes.
    private const int MaxSets = 96;

    private readonly Dictionary<(string Element, PatternModes Modes), int> _known = [];
    private int _at;
    private PatternModes _modes;

    /// <summary>The characters that the elements of the pattern match, by number.</summary>
    public List<CharacterSet> Sets { get; } = [];

    public PatternNode Parse()
    {
        var pattern = ParseAlternatives();
        return _at == text.Length ? pattern : throw Unsupported();
    }

    private bool HasMore => _at < text.Length;

    private PatternNode ParseAlternatives()
    {
        var outer = _modes;
        List<PatternNode> items = [ParseSequence()];
        while (TryTake("|")) items.Add(ParseSequence());
        _modes = outer;
        return items.Count == 1 ? items[0] : new PatternNode.Alternatives(items);
    }

    private PatternNode.Sequence ParseSequence()
    {
        List<PatternNode> items = [];
        while (true)
        {
            SkipIgnored();
            if (!HasMore || text[_at] is '|' or ')') return new PatternNode.Sequence(items);
            if (ParseItem() is { } item) items.Add(ParseRepeats(item));
        }
    }

    // Null for options, which apply to the following items.
    private PatternNode? ParseItem() => text[_at] switch
    {
        '(' => ParseGroup(),
        '[' => Element(TakeClass()),
        '.' => Element(Take(1)),
        '^' => Assert(_modes.HasFlag(PatternModes.Multiline) ? PatternAssertion.LineStart : PatternAssertion.Start, 1),
        '$' => Assert(_modes.HasFlag(PatternModes.Multiline) ? PatternAssertion.LineEnd : PatternAssertion.EndOrFinalNewline, 1),
        '\\' => ParseEscape(),
        _ => Literal(text[_at++]),
    };

    private PatternNode? ParseGroup()
    {
        _at++;
        var outer = _modes;
        if (TryTake("?"))
        {
            if (TryTake("<") || TryTake("'")) TakeThrough(text[_at - 1] == '<' ? '>' : '\'');
            else if (!TryTakeOptions()) return null;
        }

        var group = ParseAlternatives();
        _modes = outer;
        return TryTake(")") ? group : throw Unsupported();
    }

    // (?i-s: begins a group, and (?i-s) applies to the rest of the enclosing group.
    private bool TryTakeOptions()
    {
        for (bool isOn = true; HasMore; _at++)
        {
            char option = text[_at];
            if (option is ':' or ')')
            {
                _at++;
                return option == ':';
            }

            if (option is '-' or '+') isOn = option == '+';
            else _modes = isOn ? _modes | ModeOf(option) : _modes & ~ModeOf(option);
        }

        throw Unsupported();
    }

    private PatternModes ModeOf(char option) => option switch
    {
        'i' => PatternModes.IgnoreCase,
        'm' => PatternModes.Multiline,
        's' => PatternModes.DotMatchesNewline,
        'x' => PatternModes.IgnoreSpace,
        'n' => PatternModes.None, // controls which groups have numbers
        _ => throw Unsupported(),
    };

    private PatternNode ParseEscape()
    {
        switch (text[_at + 1])
        {
            case 'A': return Assert(PatternAssertion.Start, 2);
            case 'z': return Assert(PatternAssertion.End, 2);
            case 'Z': return Assert(PatternAssertion.EndOrFinalNewline, 2);
            case 'b': return Assert(PatternAssertion.WordBoundary, 2);
            case 'B': return Assert(PatternAssertion.NoWordBoundary, 2);
            case 'G' or 'k' or (>= '1' and <= '9'): throw Unsupported();
            case 'p' or 'P': return Element(Take(text.IndexOf('}', _at) + 1 - _at));
            case 'x': return Element(Take(4));
            case 'u': return Element(Take(6));
            case 'c': return Element(Take(3));
            case '0': return Element(Take(2 + text.AsSpan(_at + 2, int.Min(2, text.Length - _at - 2))
                .IndexOfAnyExceptInRange('0', '7') switch
            {
                < 0 => int.Min(2, text.Length - _at - 2),
                var digits => digits,
            }));
            default: return Element(Take(2));
        }
    }

    private PatternNode ParseRepeats(PatternNode item)
    {
        while (true)
        {
            SkipIgnored();
            if (!TryTakeQuantifier(out int least, out int? most)) return item;
            TryTake("?"); // lazy: the search result is the same
            item = new PatternNode.Repeat(item, least, most);
        }
    }

    private bool TryTakeQuantifier(out int least, out int? most)
    {
        (least, most) = (0, null);
        if (TryTake("*")) return true;
        if (TryTake("+")) return (least = 1) == 1;
        if (TryTake("?")) return (most = 1) == 1;
        if (!HasMore || text[_at] != '{') return false;

        int end = text.IndexOf('}', _at);
        if (end < 0) return false;
        var counts = text[(_at + 1)..end].Split(',');
        if (counts.Length > 2 || !TryCount(counts[0], out least)) return false;
        if (counts.Length == 1) most = least;
        else if (counts[1].Length > 0)
        {
            if (!TryCount(counts[1], out int last)) return false;
            most = last;
        }

        _at = end + 1;
        return true;
    }

    private static bool TryCount(string digits, out int count) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out count);

    // A class can subtract another: [a-z-[aeiou]].
    private string TakeClass()
    {
        int end = _at + 1;
        if (text[end] == '^') end++;
        if (text[end] == ']') end++;
        for (int depth = 1; depth > 0; end++)
        {
            switch (text[end])
            {
                case '\\': end++; break;
                case ']': depth--; break;
                case '[' when text[end - 1] == '-':
                    depth++;
                    if (text[end + 1] == '^') end++;
                    if (text[end + 1] == ']') end++;
                    break;
            }
        }

        return Take(end - _at);
    }

    private void SkipIgnored()
    {
        while (HasMore)
        {
            if (text.AsSpan(_at).StartsWith("(?#")) TakeThrough(')');
            else if (!_modes.HasFlag(PatternModes.IgnoreSpace)) return;
            else if (text[_at] is ' ' or '\t' or '\n' or '\r' or '\f' or '\v') _at++;
            else if (text[_at] == '#') _at = text.IndexOf('\n', _at) is >= 0 and var end ? end + 1 : text.Length;
            else return;
        }
    }

    private PatternNode.Element Element(string element) => Element($"class {element}", () => CharacterSet.Of(element, _modes));

    private PatternNode.Element Literal(char literal) => Element($"literal {literal}", () => CharacterSet.Of(literal, _modes));

    private PatternNode.Element Element(string key, Func<CharacterSet> make)
    {
        if (!_known.TryGetValue((key, _modes), out int set))
        {
            if (Sets.Count == MaxSets) throw new NotSupportedException($"it has more than {MaxSets} different characters and classes");
            _known[(key, _modes)] = set = Sets.Count;
            Sets.Add(make());
        }

        return new PatternNode.Element(set);
    }

    private PatternNode.Assertion Assert(PatternAssertion kind, int length)
    {
        _at += length;
        return new PatternNode.Assertion(kind);
    }

    private string Take(int length)
    {
        string taken = text.Substring(_at, length);
        _at += length;
        return taken;
    }

    private void TakeThrough(char end) => _at = text.IndexOf(end, _at) + 1;

    private bool TryTake(string expected)
    {
        if (!text.AsSpan(_at).StartsWith(expected)) return false;
        _at += expected.Length;
        return true;
    }

    private NotSupportedException Unsupported() => new($"'{text}' is not supported from position {_at} on");
}
