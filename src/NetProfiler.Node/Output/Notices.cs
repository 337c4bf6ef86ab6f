using NetProfiler.Cli;

namespace NetProfiler.Node.Output;

/// <summary>
/// Messages during a run: one line each on standard error, or below the live table, whose display lines on standard error would corrupt.
/// </summary>
internal sealed class Notices(bool isOnScreen)
{
    private readonly Lock _lock = new();
    private readonly List<(string Subject, string Text)> _latest = [];

    /// <summary>The latest notice of each subject.</summary>
    public IReadOnlyList<string> Latest
    {
        get
        {
            lock (_lock) return [.. _latest.Select(notice => notice.Text)];
        }
    }

    /// <param name="subject">The subject: on the screen, a later notice replaces the earlier one of the same subject.</param>
    public async Task SayAsync(string subject, string text)
    {
        lock (_lock)
        {
            int known = _latest.FindIndex(notice => notice.Subject == subject);
            if (known >= 0) _latest[known] = (subject, text);
            else _latest.Add((subject, text));
        }

        if (!isOnScreen) await StandardError.WriteLineAsync($"netprofiler: {text}").ConfigureAwait(false);
    }

    /// <summary>Removes a notice that no longer applies from the screen.</summary>
    public void Withdraw(string subject)
    {
        lock (_lock) _latest.RemoveAll(notice => notice.Subject == subject);
    }
}
