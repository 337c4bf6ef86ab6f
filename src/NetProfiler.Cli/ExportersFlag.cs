using System.CommandLine;
using NetProfiler.Api.Exporters;

namespace NetProfiler.Cli;

/// <summary>The option with the file of exporters.</summary>
public static class ExportersFlag
{
    public static Option<string?> Create() => new("--exporters")
    {
        Description = "File with the exporters that tasks can refer to by name (YAML). Default: none.", HelpName = "FILE",
    };

    /// <summary>Null if the file is faulty, which has been reported.</summary>
    /// <param name="program">Name of the program, for messages.</param>
    public static async Task<NamedExporters?> ReadAsync(string? path, string program)
    {
        if (path is null) return NamedExporters.None;
        var (exporters, faultLines) = ExporterFile.Read(path);
        foreach (string line in faultLines) await StandardError.WriteLineAsync($"{program}: {line}").ConfigureAwait(false);
        return exporters;
    }
}
