using System.Text;

namespace NetProfiler.Api.Yaml;

/// <summary>Reads the text of a user's file up to a limit; every fault is a sentence.</summary>
public static class BoundedText
{
    /// <summary>Null if it cannot be read; the reason states why.</summary>
    public static string? OfFile(string path, int maxBytes, out string reason)
    {
        try
        {
            if (Directory.Exists(path))
            {
                reason = "is a directory";
                return null;
            }

            using var file = File.OpenRead(path);
            if (file.CanSeek && file.Length > maxBytes)
            {
                reason = TooLarge(maxBytes);
                return null;
            }

            using var text = new StreamReader(file, new UTF8Encoding(false, throwOnInvalidBytes: true));
            return Of(text, maxBytes, out reason);
        }
        catch (Exception cause) when (cause is FileNotFoundException or DirectoryNotFoundException)
        {
            reason = "no such file";
        }
        catch (UnauthorizedAccessException)
        {
            reason = "permission denied";
        }
        catch (IOException cause)
        {
            reason = cause.Message;
        }

        return null;
    }

    /// <summary>Null if it cannot be read; the reason states why.</summary>
    public static string? Of(TextReader text, int maxBytes, out string reason)
    {
        var buffer = new char[4096];
        var all = new StringBuilder();
        try
        {
            for (int read; all.Length <= maxBytes && (read = text.Read(buffer)) > 0;) all.Append(buffer, 0, read);
        }
        catch (DecoderFallbackException)
        {
            reason = "is not UTF-8 text";
            return null;
        }

        reason = all.Length > maxBytes ? TooLarge(maxBytes) : "";
        return all.Length > maxBytes ? null : all.ToString();
    }

    private static string TooLarge(int maxBytes) => $"is larger than {maxBytes} bytes";
}
