namespace NetProfiler.Cli;

/// <summary>Standard error as messages use it: a message that cannot be written never ends what it is about.</summary>
/// <remarks>The console ignores a closed pipe. A full disk is remembered, for the exit code: nobody can be told otherwise.</remarks>
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
