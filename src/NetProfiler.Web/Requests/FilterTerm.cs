using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;

namespace NetProfiler.Web.Requests;

/// <summary>One term of a <see cref="RequestFilter"/>: a field, a comparison, and values, one of which must match.</summary>
internal sealed class FilterTerm
{
    private const string FieldNames =
        "status, duration, path, method, end, process, peer, host, rule, size, rtt, retrans, sampled, joined, outcome, reason, header.NAME";
    private const string HeaderPrefix = "header.";

    private readonly Field _field;
    private readonly Comparison _comparison;
    private readonly string[] _values;
    private readonly string _header; // start of the field's line, as in RequestRow.Headers
    private readonly List<(double From, double To)> _numbers = [];

    private FilterTerm(Field field, Comparison comparison, string[] values, bool isNegated, string header = "")
    {
        _header = header;
        _field = field;
        _comparison = comparison;
        _values = values;
        IsNegated = isNegated;
    }

    private enum Field
    {
        Any, Status, Duration, Path, Method, End, Process, Peer, Host, Rule, Size, RoundTrip, Retransmissions, Sampled, Joined, Outcome,
        Reason, Header,
    }

    private enum Comparison
    {
        Equal, Above, AtLeast, Below, AtMost, Contains,
    }

    public bool IsNegated { get; }

    private bool IsNumber => _field is Field.Status or Field.Duration or Field.Size or Field.RoundTrip or Field.Retransmissions;

    public bool Holds(in RequestRow row)
    {
        if (IsNumber)
        {
            if (NumberOf(row) is not { } number) return false;
            foreach (var range in _numbers)
            {
                if (Compare(number, range)) return true;
            }

            return false;
        }

        foreach (string value in _values)
        {
            if (_field == Field.Any ? ContainsAnywhere(row, value) : Compare(TextOf(row), value)) return true;
        }

        return false;
    }

    public static bool TryParse(string word, [NotNullWhen(true)] out FilterTerm? term, [NotNullWhen(false)] out string? error)
    {
        term = null;
        error = null;
        bool isNegated = word.StartsWith('-');
        string positive = isNegated ? word[1..] : word;
        int at = positive.AsSpan().IndexOfAny("=<>~!");
        if (at < 0)
        {
            term = new FilterTerm(Field.Any, Comparison.Contains, [positive], isNegated);
            return true;
        }

        string name = positive[..at];
        var (comparison, length) = ComparisonOf(positive.AsSpan(at));
        if (FieldOf(name) is not { } field)
        {
            error = $"unknown field '{name}'; write one of {FieldNames}";
            return false;
        }

        if (comparison is not { } known)
        {
            error = $"'{positive}': write one of = != > >= < <= ~ behind {name}";
            return false;
        }

        term = new FilterTerm(field, known, positive[(at + length)..].Split(','), isNegated ^ positive[at] == '!',
            field == Field.Header ? $"{name[HeaderPrefix.Length..].ToLowerInvariant()}: " : "");
        error = term.Fault(name);
        if (error is not null) term = null;
        return error is null;
    }

    /// <summary>Parses the values. Returns null if they are valid for the field and the comparison.</summary>
    private string? Fault(string name)
    {
        if (!IsNumber) return _comparison is Comparison.Equal or Comparison.Contains ? null : $"{name} has no order; write = or ~";
        if (_comparison == Comparison.Contains) return $"{name} is a number; write = > >= < or <=";
        foreach (string value in _values)
        {
            if (!TryParseNumber(value, out var number))
                return $"{name}: '{value}' is not {(_field is Field.Duration or Field.RoundTrip ? "a time such as 250ms" : "a number")}";
            _numbers.Add(number);
        }

        return null;
    }

    private static (Comparison?, int Length) ComparisonOf(ReadOnlySpan<char> text) => text switch
    {
        ['!', '=', ..] => (Comparison.Equal, 2), // and the term is negated
        ['>', '=', ..] => (Comparison.AtLeast, 2),
        ['<', '=', ..] => (Comparison.AtMost, 2),
        ['=', ..] => (Comparison.Equal, 1),
        ['>', ..] => (Comparison.Above, 1),
        ['<', ..] => (Comparison.Below, 1),
        ['~', ..] => (Comparison.Contains, 1),
        _ => (null, 0),
    };

    private static Field? FieldOf(string name) => name switch
    {
        "status" => Field.Status,
        "duration" => Field.Duration,
        "path" => Field.Path,
        "method" => Field.Method,
        "end" => Field.End,
        "process" => Field.Process,
        "peer" => Field.Peer,
        "host" => Field.Host,
        "rule" => Field.Rule,
        "size" => Field.Size,
        "rtt" => Field.RoundTrip,
        "retrans" => Field.Retransmissions,
        "sampled" => Field.Sampled,
        "joined" => Field.Joined,
        "outcome" => Field.Outcome,
        "reason" => Field.Reason,
        _ when name.StartsWith(HeaderPrefix, StringComparison.Ordinal) && name.Length > HeaderPrefix.Length => Field.Header,
        _ => null,
    };

    // 5xx is the range 500 to 599; times are stored in microseconds, and are in milliseconds if no unit is given.
    private bool TryParseNumber(string text, out (double From, double To) range)
    {
        range = default;
        if (_field == Field.Status && text is [>= '1' and <= '9', 'x', 'x'])
        {
            range = ((text[0] - '0') * 100, ((text[0] - '0') * 100) + 99);
            return true;
        }

        double unit = 1;
        if (_field is Field.Duration or Field.RoundTrip)
        {
            (unit, int length) = text switch
            {
                [.., 'n', 's'] => (1e-3, 2),
                [.., 'u', 's'] or [.., 'µ', 's'] => (1, 2),
                [.., 'm', 's'] => (1e3, 2),
                [.., 's'] => (1e6, 1),
                _ => (1e3, 0),
            };
            text = text[..^length];
        }

        if (!double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)) return false;
        range = (number * unit, number * unit);
        return true;
    }

    private bool Compare(double number, (double From, double To) range) => _comparison switch
    {
        Comparison.Equal => number >= range.From && number <= range.To,
        Comparison.Above => number > range.To,
        Comparison.AtLeast => number >= range.From,
        Comparison.Below => number < range.From,
        _ => number <= range.To,
    };

    private bool Compare(string text, string value) => _comparison == Comparison.Contains
        ? text.Contains(value, StringComparison.OrdinalIgnoreCase)
        : text.Equals(value, StringComparison.OrdinalIgnoreCase);

    private static bool ContainsAnywhere(in RequestRow row, string value) =>
        row.Target.Contains(value, StringComparison.OrdinalIgnoreCase) || row.Method.Contains(value, StringComparison.OrdinalIgnoreCase) ||
        row.Process.Contains(value, StringComparison.OrdinalIgnoreCase) || row.Peer.Contains(value, StringComparison.OrdinalIgnoreCase);

    // In whole microseconds, as displayed.
    private double? NumberOf(in RequestRow row) => _field switch
    {
        Field.Status => row.Outcome == ExchangeOutcome.Unanswered ? null : row.Status,
        Field.Duration => row.DurationNanoseconds / 1000,
        Field.Size => row.ResponseBytes,
        Field.RoundTrip => row.RoundTripMicroseconds == 0 ? null : row.RoundTripMicroseconds,
        _ => row.Retransmissions,
    };

    private string TextOf(in RequestRow row) => _field switch
    {
        Field.Path => row.Target,
        Field.Method => row.Method,
        Field.End => row.Role == EndpointRole.Server ? "server" : "client",
        Field.Process => row.Process,
        Field.Peer => row.Peer,
        Field.Host => row.Host,
        Field.Rule => row.Rule,
        Field.Outcome => OutcomeOf(row.Outcome),
        Field.Reason => ShownSample.NameOf(row.EndedBy),
        Field.Header => HeaderOf(row.Headers ?? ""),
        Field.Sampled => row.SampledAs == SampledAs.None ? "no" : ShownSample.NameOf(row.SampledAs),
        _ => row.Join == JoinState.Joined ? "yes" : "no",
    };

    private static string OutcomeOf(ExchangeOutcome outcome) => outcome switch
    {
        ExchangeOutcome.Incomplete => "incomplete",
        ExchangeOutcome.Unanswered => "unanswered",
        _ => "complete",
    };

    // Empty if the request does not have the field.
    private string HeaderOf(string headers)
    {
        foreach (var line in headers.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(_header, StringComparison.Ordinal)) return line[_header.Length..].ToString();
        }

        return "";
    }
}
