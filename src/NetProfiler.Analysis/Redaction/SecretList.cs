namespace NetProfiler.Analysis.Redaction;

/// <summary>The sections of <c>secrets.txt</c>.</summary>
internal static class SecretList
{
    private static readonly Dictionary<string, string[]> Sections = Read();

    public static string[] Of(string section) => Sections[section];

    /// <summary>Prefixes of values that are secrets by their form, with the minimum number of characters that follow.</summary>
    public static IEnumerable<(string Prefix, int Least)> Forms() =>
        Of("form").Chunk(2).Select(pair => (pair[0], int.Parse(pair[1], System.Globalization.CultureInfo.InvariantCulture)));

    private static Dictionary<string, string[]> Read()
    {
        using var stream = typeof(SecretList).Assembly.GetManifestResourceStream("secrets.txt")!;
        using var reader = new StreamReader(stream);
        var sections = new Dictionary<string, List<string>>();
        List<string> current = [];
        while (reader.ReadLine() is { } line)
        {
            var words = line.Split('#')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is [['[', .. var name, ']']]) sections[name] = current = [];
            else current.AddRange(words);
        }

        return sections.ToDictionary(section => section.Key, section => section.Value.ToArray());
    }
}
