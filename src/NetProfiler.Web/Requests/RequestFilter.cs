using System.Diagnostics.CodeAnalysis;

namespace NetProfiler.Web.Requests;

/// <summary>
/// Selects the requests to show: <c>status>=500 duration>250ms path~/cart peer=stock -method=GET</c>. All terms must match; a comma
/// separates alternative values. The page implements the same language (web/src/filter.ts), which tests/filters.json verifies.
/// </summary>
public sealed class RequestFilter
{
    public const int MaxLength = 1024;
    public const int MaxTerms = 32;

    private readonly FilterTerm[] _terms;

    private RequestFilter(FilterTerm[] terms) => _terms = terms;

    public static RequestFilter Everything { get; } = new([]);

    public bool Matches(in RequestRow row)
    {
        foreach (var term in _terms)
        {
            if (term.Holds(row) == term.IsNegated) return false;
        }

        return true;
    }

    /// <param name="error">The fault, and what to write instead.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out RequestFilter? filter, [NotNullWhen(false)] out string? error)
    {
        filter = null;
        if (text.Length > MaxLength)
        {
            error = $"the filter is longer than {MaxLength} characters";
            return false;
        }

        var terms = new List<FilterTerm>();
        foreach (string word in Words(text))
        {
            if (terms.Count == MaxTerms)
            {
                error = $"the filter has more than {MaxTerms} terms";
                return false;
            }

            if (!FilterTerm.TryParse(word, out var term, out error)) return false;
            terms.Add(term);
        }

        error = null;
        filter = new RequestFilter([.. terms]);
        return true;
    }

    // Separated by spaces; a space within double quotes is part of the word.
    private static IEnumerable<string> Words(string text)
    {
        var word = new System.Text.StringBuilder();
        bool isQuoted = false, hasWord = false;
        foreach (char one in text)
        {
            if (one == '"')
            {
                isQuoted = !isQuoted;
                hasWord = true;
            }
            else if (one == ' ' && !isQuoted)
            {
                if (hasWord) yield return word.ToString();
                word.Clear();
                hasWord = false;
            }
            else
            {
                word.Append(one);
                hasWord = true;
            }
        }

        if (hasWord) yield return word.ToString();
    }
}
