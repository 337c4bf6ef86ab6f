using System.Text.Json;
using NetProfiler.Analysis.Redaction;

namespace NetProfiler.Web.Import;

/// <summary>The file does not contain results, or cannot be read to its end; the message states the reason.</summary>
public sealed class UnreadableResultsException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Reads results from a file: an HTTP archive, or lines of <c>--output json</c>. Everything is masked when it is read.</summary>
public static class ResultsFile
{
    /// <summary>Limit for an archive, which is one JSON document and is read as a whole.</summary>
    public const long MaxArchiveBytes = 256 * 1024 * 1024;

    /// <summary>Limit for a line of JSON: the length of the longest sample.</summary>
    public const int MaxLineChars = 4 * 1024 * 1024;

    /// <summary>Whether a file with these first bytes can contain results: both kinds are JSON objects.</summary>
    public static bool IsPossible(ReadOnlySpan<byte> beginning)
    {
        if (beginning.StartsWith("\uFEFF"u8)) beginning = beginning[3..];
        return beginning.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];
    }

    /// <param name="name">Name of the file, for the page.</param>
    /// <exception cref="UnreadableResultsException">The file is neither kind.</exception>
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
                await ReadArchiveAsync(file, results, redactor, cancellation).ConfigureAwait(false); // JSON over many lines
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

    // Null at the end. A longer line is cut, and is then not valid JSON.
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
