using System.Text.Json;

namespace NetProfiler.Node.Tests.Support;

/// <summary>What is attached in the kernel, by the kernel's own list.</summary>
internal static class BpfLinks
{
    /// <summary>Links that a process holds.</summary>
    public static HashSet<int> Of(int process) => Held($"/proc/{process}/fdinfo");

    /// <summary>Nothing is attached that no living process holds. The kernel lets go a moment after the process.</summary>
    public static async Task AssertNoneLeftAsync()
    {
        var left = new HashSet<int>();
        for (int attempt = 0; attempt < 50; attempt++)
        {
            left = await ListAsync();
            foreach (string process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(path[6])))
                left.ExceptWith(Held(Path.Combine(process, "fdinfo")));
            if (left.Count == 0) return;
            await Task.Delay(100);
        }

        Assert.Fail($"links {string.Join(", ", left)} are left attached");
    }

    public static async Task<HashSet<int>> ListAsync()
    {
        string json = string.Concat(await ChildProcess.RunAsync("bpftool", "link", "list", "-j"));
        return json.Length == 0 ? [] : [.. JsonDocument.Parse(json).RootElement.EnumerateArray()
            .Select(link => link.GetProperty("id").GetInt32())];
    }

    // Descriptors come and go while they are read.
    private static HashSet<int> Held(string folder) =>
    [
        .. BpfProbes.Lines(() => Directory.EnumerateFiles(folder)).SelectMany(file => BpfProbes.Lines(() => File.ReadLines(file)))
            .Where(line => line.StartsWith("link_id:", StringComparison.Ordinal)).Select(line => int.Parse(line.AsSpan(8).Trim())),
    ];
}
