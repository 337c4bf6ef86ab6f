using NetProfiler.Web.Results;

namespace NetProfiler.Node.Settings;

/// <summary>What the command line asks for of the page.</summary>
/// <param name="IsServed">On loopback, while the command runs.</param>
/// <param name="ReportPath">A file that gets the page and its data at the end; null: none.</param>
internal sealed record PageSettings(bool IsServed, string? ReportPath)
{
    public static PageSettings None { get; } = new(false, null);

    public SourceKind Kind { get; init; }

    /// <summary>What is profiled, or the file's name, for the page's head.</summary>
    public string Name { get; init; } = "run";

    public bool IsWanted => IsServed || ReportPath is not null;
}
