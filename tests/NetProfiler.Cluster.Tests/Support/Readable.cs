using System.Text.RegularExpressions;

namespace NetProfiler.Cluster.Tests.Support;

/// <summary>kubectl's output without what differs from run to run; columns stay where they are.</summary>
internal static partial class Readable
{
    public static string Of(string output)
    {
        var text = Uid().Replace(Time().Replace(output, "<time>"), "<uid>");
        text = Age().Replace(Version().Replace(text, "$1<version>"), age => "<a>".PadRight(age.Length));
        return string.Join('\n', text.Split('\n').Select(line => line.TrimEnd())).TrimEnd() + "\n";
    }

    /// <summary>What stands before the events, whose order is the server's affair.</summary>
    public static string WithoutEvents(string description) => Of(description[..description.IndexOf("\nEvents:", StringComparison.Ordinal)]);

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")]
    private static partial Regex Time();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Uid();

    [GeneratedRegex(@"(Resource Version:\s+)\d+")]
    private static partial Regex Version();

    // An age of less than two minutes, with the blanks that make the column three wide.
    [GeneratedRegex(@"(?<= )(\d{3}s|\d\ds|\ds ?)(?= |$)", RegexOptions.Multiline)]
    private static partial Regex Age();
}
