using System.CommandLine;
using NetProfiler.Capture;

namespace NetProfiler.Node.Report;

/// <summary>The hidden option of runs, agents and checks that selects the door: for tests, and for bug reports.</summary>
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
