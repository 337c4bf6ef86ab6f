using System.CommandLine;
using NetProfiler.Capture;

namespace NetProfiler.Node.Report;

/// <summary>The hidden flag of runs, agents and checks that forces where calls are seen: for tests, and for reports of a fault.</summary>
internal static class DoorFlag
{
    public static Option<string?> Create()
    {
        var option = new Option<string?>("--door") {
            Description = $"Where calls are seen: {string.Join(", ", CaptureDoors.ByName.Keys)}. Default: the best that the kernel has.",
            Hidden = true };
        option.AcceptOnlyFromAmong([.. CaptureDoors.ByName.Keys]);
        return option;
    }

    public static CaptureDoor? Read(string? name) => name is null ? null : CaptureDoors.ByName[name];
}
