using System.Diagnostics;

namespace NetProfiler.Cluster.Tests.Support;

/// <summary>What comes true by itself, in its own time: asked for again and again, because an API server tells no other way.</summary>
internal static class Eventually
{
    /// <summary>Not a promise of ours: long enough for a machine that is busy with other things.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static Task IsTrue(string promise, Func<Task<bool>> ask) => IsTrue(promise, ask, Patience);

    public static async Task IsTrue(string promise, Func<Task<bool>> ask, TimeSpan patience)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await ask())
        {
            if (Stopwatch.GetElapsedTime(start) > patience) throw new TimeoutException($"not within {patience.TotalSeconds} s: {promise}");
            await Task.Delay(Pause);
        }
    }

    /// <summary>The first value that is as it should be; when none is, the last one is told.</summary>
    public static async Task<T> Is<T>(string promise, Func<Task<T>> ask, Func<T, bool> isSo, TimeSpan? patience = null)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var value = await ask();
            if (isSo(value)) return value;
            if (Stopwatch.GetElapsedTime(start) > (patience ?? Patience))
                throw new TimeoutException($"{promise}: not so until the end, when it was\n{value}");
            await Task.Delay(Pause);
        }
    }
}
