using System.Text.Json;
using NetProfiler.Analysis.Redaction;

namespace NetProfiler.Web.Import;

/// <summary>The file is not one of results, or cannot be read to its end; the message says why.</summary>
public sealed class UnreadableResultsException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Reads results that were written before: an HTTP archive, or lines of <c>--output json</c>. Everything is masked on its way in.
/// </summary>
public static class ResultsFile
{
    /// <summary>An archive is one JSON document, and is read as a whole.</summary>
    public const long MaxArchiveBytes = 256 * 1024 * 1024;

    /// <summary>A line of JSON, as long as the longest sample.</summary>
    public const int MaxLineChars = 4 * 1024 * 1024;

    /// <summary>Whether a file that begins so may be one of results: both kinds are JSON objects.</summary>
    public static bool IsPossible(ReadOnlySpan<byte> beginning)
    {
        if (beginning.StartsWith("\uFEFF"u8)) beginning = beginning[3..];
        return beginning.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];
    }

    /// <param name="name">The file's, for the page.</param>
    /// <exception cref="UnreadableResultsException">It is neither kind.</exception>
    public static async Task<FileResults> ReadAsync(Stream file, string name, string version, Redactor redactor,
        CancellationToken cancellation)
    {
        var results = new FileResults(name, version);
        using var reader = new StreamReader(file, leaveOpen: true);
        int number = 0;
        while (await ReadLineAsync(reader, cancellation).ConfigureAwait(false) is { } line)
        {
            number++;
            if (line.Length == 0) continue;
            if (TryParse(line) is { RootElement.ValueKind: JsonValueKind.Object } document)
            {
                using (document)
                {
                    if (document.RootElement.TryGetProperty("log", out _)) HarReader.Read(document.RootElement, results, redactor);
                    else if (!LinesReader.TryRead(document.RootElement, results, redactor)) results.CountUnread();
                }
            }
            else if (number == 1)
            {
                await ReadArchiveAsync(file, results, redactor, cancellation).ConfigureAwait(false); // over many lines
                break;
            }
            else
            {
                results.CountUnread();
            }
        }

        if (results.Requests.Counts.Recorded == 0)
            throw new UnreadableResultsException("neither an HTTP archive nor lines of `--output json` with an exchange in it");
        return results;
    }

    private static async Task ReadArchiveAsync(Stream file, FileResults results, Redactor redactor, CancellationToken cancellation)
    {
        if (!file.CanSeek) throw new UnreadableResultsException("an HTTP archive is read from a file, and not from a pipe");
        if (file.Length > MaxArchiveBytes) throw new UnreadableResultsException($"the archive is larger than {MaxArchiveBytes >> 20} MiB");
        file.Position = 0;
        try
        {
            using var document = await JsonDocument.ParseAsync(file, cancellationToken: cancellation).ConfigureAwait(false);
            if (document.RootElement.ValueKind == JsonValueKind.Object) HarReader.Read(document.RootElement, results, redactor);
        }
        catch (JsonException fault)
        {
            throw new UnreadableResultsException($"not JSON: line {fault.LineNumber + 1}, byte {fault.BytePositionInLine}", fault);
        }
    }

    // Null: the end. Longer lines are cut, and then no JSON.
    private static async Task<string?> ReadLineAsync(StreamReader reader, CancellationToken cancellation)
    {
        string? line = await reader.ReadLineAsync(cancellation).ConfigureAwait(false);
        return line is { Length: > MaxLineChars } ? line[..MaxLineChars] : line;
    }

    private static JsonDocument? TryParse(string line)
    {
        try
        {
            return JsonDocument.Parse(line);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
