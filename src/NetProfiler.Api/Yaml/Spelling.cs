namespace NetProfiler.Api.Yaml;

public static class Spelling
{
    private const int MaxEdits = 2;

    /// <summary>
    /// The word that was probably intended, if there is a similar one: ignoring case, with at most two wrong letters in a long word.
    /// </summary>
    public static string? Closest(string written, IEnumerable<string> words) =>
        words.Select(word => (Word: word, Edits: Edits(written.ToUpperInvariant(), word.ToUpperInvariant())))
            .Where(one => one.Edits <= Math.Min(MaxEdits, one.Word.Length / 3))
            .OrderBy(one => one.Edits)
            .FirstOrDefault().Word;

    /// <summary>Levenshtein distance: letters inserted, omitted or replaced.</summary>
    private static int Edits(string from, string to)
    {
        if (Math.Abs(from.Length - to.Length) > MaxEdits) return int.MaxValue;

        var row = Enumerable.Range(0, to.Length + 1).ToArray();

        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
