namespace NetProfiler.Node.Tests.Support;

/// <summary>Probes of functions, by the kernel's own list.</summary>
internal static class BpfProbes
{
    /// <summary>
    /// Links by which one process probes functions in another, at entry (uprobe_multi) or return (uretprobe_multi). Linux 6.16 tells of
    /// which.
    /// </summary>
    public static int Between(int process, int probed) => Lines(() => Directory.EnumerateFiles($"/proc/{process}/fdinfo"))
        .Select(file => Lines(() => File.ReadLines(file)))
        .Count(lines => lines.Any(line => line.StartsWith("link_type:", StringComparison.Ordinal)
            && line.EndsWith("probe_multi", StringComparison.Ordinal)) &&
            lines.Any(line => line.StartsWith("pid:", StringComparison.Ordinal) && line.AsSpan(4).Trim().SequenceEqual($"{probed}")));

    /// <summary>None where the file is gone meanwhile, or not ours to look at.</summary>
    public static string[] Lines(Func<IEnumerable<string>> read)
    {
        try
        {
            return [.. read()];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
