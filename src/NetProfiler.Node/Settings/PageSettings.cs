using NetProfiler.Web.Results;

namespace NetProfiler.Node.Settings;

/// <summary>The options of the page.</summary>
/// <param name="IsServed">Whether the page is served on loopback while the command runs.</param>
/// <param name="ReportPath">A file to which the page and its data are written at the end. Null if absent.</param>
internal sealed record PageSettings(bool IsServed, string? ReportPath)
{
    public static PageSettings None { get; } = new(false, null);

    public SourceKind Kind { get; init; }

    /// <summary>The targets, or the file's name, for the heading of the page.</summary>
    public string Name { get; init; } = "run";

    public bool IsWanted => IsServed || ReportPath is not null;
}
