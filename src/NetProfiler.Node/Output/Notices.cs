using NetProfiler.Cli;

namespace NetProfiler.Node.Output;

/// <summary>
/// What is said while a run is under way: one line each on standard error, or below the live table, which lines would tear.
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

    /// <param name="subject">What it is about: a later notice of the same subject takes its place on the screen.</param>
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

    /// <summary>Takes a notice that no longer holds from the screen.</summary>
    public void Withdraw(string subject)
    {
        lock (_lock) _latest.RemoveAll(notice => notice.Subject == subject);
    }
}
