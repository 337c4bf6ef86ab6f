using System.CommandLine;
using NetProfiler.Telemetry;

namespace NetProfiler.Cli;

/// <summary>An option with a listen address.</summary>
public static class ListenFlag
{
    public static Option<string> Create(string name, string value, string description)
    {
        var option = new Option<string>(name) { Description = $"{description} Default: {value}.", HelpName = "ADDR:PORT",
            DefaultValueFactory = _ => value };
        option.Validators.Add(given =>
        {
            if (given.Tokens is [var token] && !ListenAddress.TryParse(token.Value, out _, out var error))
                given.AddError($"{name} {error}");
        });
        return option;
    }

    public static ListenAddress Read(string? text) =>
        ListenAddress.TryParse(text ?? "none", out var address, out _) ? address : ListenAddress.None;
}
