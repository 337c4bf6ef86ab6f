using System.Globalization;
using System.Text;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Samples;

namespace NetProfiler.Telemetry.Export;

/// <summary>
/// Creates a curl command that repeats a sample's request, for a POSIX shell with $'…' (bash, zsh, ksh). Masked values stay masked, so that
/// it is clear what must be filled in. Whatever the peer sent becomes a single argument that is not an option, does not make curl use any
/// protocol but HTTP, and is harmless on a terminal.
/// </summary>
public static class CurlCommand
{
    // curl generates these fields itself from its arguments.
    private static readonly string[] Left = ["Host", "Content-Length", "Connection", "Transfer-Encoding", "Expect"];

    public static string Of(ShownSample sample)
    {
        // the target is passed unchanged, including the brackets of masks
        var command = new StringBuilder("curl --globoff --path-as-is --proto '=http,https'");
        if (sample.Method == "HEAD") command.Append(" --head");
        else command.Append(" -X ").Append(Quote(sample.Method));
        if (sample.MinorVersion == 0) command.Append(" --http1.0");
        command.Append(" --url ").Append(Quote(RequestUrl.Of(sample)));

        foreach (var field in sample.Request.Fields)
        {
            if (Left.Contains(field.Name, StringComparer.OrdinalIgnoreCase)) continue;
            // the body is decoded already
            if (field.Name.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase) && sample.Request.Body?.Text is not null)
                continue;
            if (field.Name.StartsWith('@')) continue; // curl would read fields from a file
            command.Append(" -H ").Append(Quote(field.Value.Length > 0 ? $"{field.Name}: {field.Value}" : $"{field.Name};"));
        }

        if (sample.Request.Body is { Text: { } text }) command.Append(" --data-raw ").Append(Quote(text));
        return command.ToString();
    }

    private static string Quote(string argument)
    {
        if (!argument.Any(one => char.IsControl(one) && one != '\n'))
            return $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";

        var quoted = new StringBuilder("$'");
        foreach (char one in argument)
        {
            if (one is '\'' or '\\') quoted.Append('\\').Append(one);
            else if (one == '\n') quoted.Append("\\n");
            else if (one == '\r') quoted.Append("\\r");
            else if (one == '\t') quoted.Append("\\t");
            else if (one == '\0') quoted.Append("\\u2400"); // an argument cannot contain it
            else if (char.IsControl(one)) quoted.Append("\\u").Append(((int)one).ToString("x4", CultureInfo.InvariantCulture));
            else quoted.Append(one);
        }

        return quoted.Append('\'').ToString();
    }
}

/// <summary>The URL of a request, as far as the request contains it.</summary>
internal static class RequestUrl
{
    // Any other character in a Host field would belong to another component of the URL.
    private static readonly System.Buffers.SearchValues<char> HostCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:[]%");

    public static string Of(ShownSample sample)
    {
        bool isAbsolute = sample.Target.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
            || sample.Target.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        if (isAbsolute) return sample.Target;
        string server = sample.Host is { } host && !host.AsSpan().ContainsAnyExcept(HostCharacters)
            ? host
            : sample.Role == EndpointRole.Server ? sample.Local : sample.Remote;
        return $"{(sample.IsTls ? "https" : "http")}://{server}{(sample.Target.StartsWith('/') ? sample.Target : "/")}";
    }
}
