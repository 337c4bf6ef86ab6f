namespace NetProfiler.Cli;

/// <summary>Standard error for messages: a message that cannot be written does not end the operation that it reports.</summary>
/// <remarks>The console ignores a closed pipe. A full disk is recorded, because only the exit code can report it.</remarks>
public static class StandardError
{
    private static volatile bool _hasFailed;

    /// <summary>Whether a message could not be written.</summary>
    public static bool HasFailed => _hasFailed;

    /// <summary>Writes whole lines.</summary>
    public static async Task WriteLineAsync(string lines)
    {
        try
        {
            await Console.Error.WriteLineAsync(lines).ConfigureAwait(false);
        }
        catch (IOException)
        {
            _hasFailed = true;
        }
    }
}
